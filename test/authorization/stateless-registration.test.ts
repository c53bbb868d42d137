import { createServer } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noLimits } from '../../src/authorization/request-limits.ts';
import { TooManyRequests } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { sha256 } from '../../src/core/secrets.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { memoryStore } from '../../src/store/memory.ts';
import {
  answerOf,
  authorizeUrl,
  basic,
  CALLBACK,
  codeFor,
  isLive,
  postForm,
  postJson,
  redeem,
  refresh,
  register,
  signIn,
} from './support/client.ts';
import { startWorld, type World, type WorldOptions } from './support/world.ts';

const [first, second] = [generateFernetKey(), generateFernetKey()];
const stateless = (keys: readonly string[] = [first]): WorldOptions => ({
  registrationMode: 'stateless',
  clientIdKeys: keyRing(keys),
});
const good = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' };
/** Whether an authorization request of this client gets as far as the sign-in page. */
const isKnown = async (world: World, client: { readonly client_id: string }) =>
  (await fetch(authorizeUrl(world, client), { redirect: 'manual' })).headers.has('location');

describe('stateless registration', () => {
  let world: World;
  const store = memoryStore();
  beforeAll(async () => {
    world = await startWorld({ ...stateless(), store });
  });
  afterAll(() => world.close());

  const names = async () => (await store.scan(undefined, 100_000)).entries.map(({ name }) => name);

  it('is advertised like any other, and keeps nothing', async () => {
    const document = await answerOf(await fetch(`${world.at}/.well-known/oauth-authorization-server`));
    expect(document.body.registration_endpoint).toBe(`${world.issuer}/register`);
    const before = await names();
    for (let count = 0; count < 20; count += 1) await register(world);
    await register(world, { token_endpoint_auth_method: 'client_secret_basic' });
    expect(await names()).toEqual(before);
  });

  it('RG-21 offers no management: no member of the answer, no route', async () => {
    const client = await register(world);
    expect(client).not.toHaveProperty('registration_client_uri');
    expect(client).not.toHaveProperty('registration_access_token');
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const answer = await fetch(`${world.at}/register/${client.client_id}`, {
        method,
        headers: { authorization: 'Bearer x' },
      });
      expect(answer.status).toBe(404);
    }
  });

  it('RG-12 makes the id itself and seals only members that it knows', async () => {
    const answer = await postJson(world, '/register', {
      ...good,
      client_id: 'mine',
      client_secret: 's',
      trusted: true,
      client_id_issued_at: 1,
    });
    expect([answer.status, answer.body.redirect_uris]).toEqual([201, [CALLBACK]]);
    expect(answer.body.client_id).toMatch(/^c1\./);
    expect(answer.body.client_id_issued_at).not.toBe(1);
    for (const name of ['client_secret', 'trusted']) expect(answer.body).not.toHaveProperty(name);
  });

  it('RG-01 RG-13 RG-23 holds to the same rules as where clients are kept, and answers uncached', async () => {
    const script = await postJson(world, '/register', { ...good, redirect_uris: ['javascript:alert(1)'] });
    expect([script.status, script.body.error]).toEqual([400, 'invalid_redirect_uri']);
    const machine = await postJson(world, '/register', { ...good, grant_types: ['client_credentials'] });
    expect([machine.status, machine.body.error]).toEqual([400, 'invalid_client_metadata']);
    expect((await postJson(world, '/register', good)).headers.get('cache-control')).toBe('no-store');
  });

  it('says in a sentence when the metadata do not fit into an id', async () => {
    const uris = Array.from(
      { length: 20 },
      (_, index) => `https://c.test/${sha256(`a${index}`)}${sha256(`b${index}`)}`,
    );
    const answer = await postJson(world, '/register', { ...good, redirect_uris: uris });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_client_metadata']);
    expect(answer.body.error_description).toMatch(/more than 1200\. Send fewer redirect URIs, shorter links/);
  });

  it('RG-20 limits how many there are an hour all the same', async () => {
    let asked = 0;
    const stranger = async () => {
      asked += 1;
      if (asked > 1) throw new TooManyRequests('register', 60);
    };
    const small = await startWorld({ ...stateless(), limits: { ...noLimits, stranger } });
    await register(small);
    const answer = await postJson(small, '/register', good);
    expect([answer.status, answer.headers.has('retry-after')]).toEqual([429, true]);
    await small.close();
  });

  it('signs in across two servers that share the keys and a store of grants only', async () => {
    const other = await startWorld({ ...stateless(), twinOf: world });
    const client = await register(other);
    const tokens = (await redeem(other, client, await codeFor(world, client))).body;
    expect(await isLive(world, tokens.access_token)).toBe(true);
    const next = await refresh(world, client, tokens.refresh_token);
    expect(next.status).toBe(200);
    expect(await isLive(other, next.body.access_token)).toBe(true);
    await other.close();
  });

  it('RG-14 authenticates by the secret that goes with the id, and by no other', async () => {
    const client = await register(world, { token_endpoint_auth_method: 'client_secret_basic' });
    const stranger = await register(world, { token_endpoint_auth_method: 'client_secret_basic' });
    expect(client.client_secret_expires_at).toBe(0);
    const code = await codeFor(world, client);
    for (const wrong of ['wrong', String(stranger.client_secret)]) {
      const refused = await redeem(world, client, code, {}, basic(client.client_id, wrong));
      expect([refused.status, refused.body.error]).toEqual([401, 'invalid_client']);
    }
    expect((await redeem(world, client, code)).body.error).toBe('invalid_client');
    const answer = await redeem(world, client, code, {}, basic(client.client_id, String(client.client_secret)));
    expect(answer.status).toBe(200);
  });

  it('outlives the store: after all is lost the client signs in as if nothing had been', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = await register(await startWorld({ ...stateless(), server }));
    const after = await startWorld({ ...stateless(), server });
    expect((await redeem(after, client, await codeFor(after, client))).status).toBe(200);
    await after.close();
  });

  it('makes ids of a retired key unknown clients that register anew', async () => {
    const { client, tokens } = await signIn(world);
    const rotated = await startWorld({ ...stateless([second, first]), twinOf: world });
    expect((await refresh(rotated, client, tokens.refresh_token)).status).toBe(200);
    await rotated.close();
    const retired = await startWorld({ ...stateless([second]), twinOf: world });
    const answer = await refresh(retired, client, tokens.refresh_token);
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    expect(await isKnown(retired, client)).toBe(false);
    expect(await isKnown(retired, await register(retired))).toBe(true);
    await retired.close();
  });

  it('JW-33 makes a client that was removed unknown for good, and ends all that it was given', async () => {
    const { client, tokens } = await signIn(world);
    const other = await signIn(world);
    await world.authorization.clients.remove(client.client_id);
    expect(await isLive(world, tokens.access_token)).toBe(false);
    const answer = await refresh(world, client, tokens.refresh_token);
    expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    expect(await isKnown(world, client)).toBe(false);
    expect(await isLive(world, other.tokens.access_token)).toBe(true);
    expect((await refresh(world, other.client, other.tokens.refresh_token)).status).toBe(200);
  });

  it('RV-01 RV-05 lets a client revoke its own sign-in by the id alone', async () => {
    const { client, tokens } = await signIn(world);
    const answer = await postForm(world, '/revoke', {
      token: String(tokens.refresh_token),
      client_id: client.client_id,
    });
    expect(answer.status).toBe(200);
    expect(await isLive(world, tokens.access_token)).toBe(false);
  });

  it('knows clients that registered before, in either mode, after the mode has changed', async () => {
    const sealed = await register(world);
    const open = await startWorld({ clientIdKeys: keyRing([first]), twinOf: world });
    const kept = await register(open);
    expect(kept.client_id).toMatch(/^client_/);
    for (const client of [sealed, kept]) {
      expect(await isKnown(open, client)).toBe(true);
      expect(await isKnown(world, client)).toBe(true);
    }
    await open.close();
    const without = await startWorld({ twinOf: world });
    expect(await isKnown(without, sealed)).toBe(false);
    await without.close();
  });

  it('needs keys, and says so', async () => {
    await expect(startWorld({ registrationMode: 'stateless' })).rejects.toThrow(
      'registrationMode stateless needs clientIdKeys',
    );
  });

  it('asks no store about an id that does not open', async () => {
    let asked = 0;
    const get = (name: string) => {
      asked += 1;
      return store.get(name);
    };
    const counted = await startWorld({ ...stateless(), store: { ...store, get } });
    const before = asked;
    expect(await isKnown(counted, { client_id: `c1.${'A'.repeat(8)}.${'A'.repeat(100)}` })).toBe(false);
    expect(asked).toBe(before);
    await counted.close();
  });
});
