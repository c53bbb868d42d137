import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { FetchFailed } from '../../src/core/safe-fetch.ts';
import { authorizeUrl, CALLBACK, codeFor, isLive, redeem, refresh, register, signIn } from './support/client.ts';
import { startWorld, type World } from './support/world.ts';

describe('the authorization server', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('takes a public client from registration to a token, and on to the next one', async () => {
    const { tokens, client } = await signIn(world);
    expect(tokens.scope).toBe('notes:read');
    expect(await isLive(world, tokens.access_token)).toBe(true);
    const again = await refresh(world, client, tokens.refresh_token);
    expect(again.status).toBe(200);
    expect(await isLive(world, again.body.access_token)).toBe(true);
  });

  it('issues tokens that are good for one mount', async () => {
    const { tokens } = await signIn(world);
    expect(await isLive(world, tokens.access_token, world.math)).toBe(false);
    expect(await isLive(world, tokens.access_token, world.bare)).toBe(false);
  });

  it('serves a mount without scopes, and one without default scopes', async () => {
    for (const resource of [world.bare, world.math]) {
      const { tokens, client } = await signIn(world, { resource, scope: undefined });
      expect(tokens).not.toHaveProperty('scope');
      expect(await isLive(world, tokens.access_token, resource)).toBe(true);
      const again = await refresh(world, client, tokens.refresh_token);
      expect([again.status, 'scope' in again.body]).toEqual([200, false]);
    }
  });

  it('gives nobody more than the account may hand out', async () => {
    const client = await register(world);
    const scope = 'notes:read notes:admin';
    const bob = await redeem(world, client, await codeFor(world, client, { scope }, { username: 'bob' }));
    expect(bob.body.scope).toBe('notes:read');
    const alice = await redeem(world, client, await codeFor(world, client, { scope }));
    expect(alice.body.scope).toBe(scope);
  });

  it('serves clients that are named by a document, and tells a host in trouble from a client that is none', async () => {
    const id = 'https://client.example/oauth/client.json';
    const document = {
      client_id: id,
      client_name: 'Documented',
      redirect_uris: [CALLBACK],
      grant_types: ['authorization_code', 'refresh_token'],
    };
    let answer = async () => ({
      status: 200,
      headers: new Headers({ 'content-type': 'application/json' }),
      body: Buffer.from(JSON.stringify(document)),
    });
    const own = await startWorld({ fetch: async () => answer() });
    const client = { client_id: id };
    const tokens = (await redeem(own, client, await codeFor(own, client))).body;
    expect(await isLive(own, tokens.access_token)).toBe(true);
    expect((await refresh(own, client, tokens.refresh_token)).status).toBe(200);
    answer = async () => {
      throw new FetchFailed('connection_failed', 'down');
    };
    const trouble = await fetch(authorizeUrl(own, { client_id: `${id}?other` }), { redirect: 'manual' });
    expect(trouble.status).toBe(503);
    answer = async () => ({ status: 404, headers: new Headers(), body: Buffer.from('') });
    const none = await fetch(authorizeUrl(own, { client_id: `${id}?none` }), { redirect: 'manual' });
    expect([none.status, none.headers.get('location')]).toEqual([400, null]);
    await own.close();
  });

  it('is ready while its store answers', async () => {
    await world.authorization.ready();
    const own = await startWorld();
    await own.store.close();
    await expect(own.authorization.ready()).rejects.toThrow(Unavailable);
    await own.close();
  });
});
