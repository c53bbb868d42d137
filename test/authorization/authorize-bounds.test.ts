import { generateKeyPairSync } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';
import { browser } from './support/browser.ts';
import { authorizeUrl, postJson, register } from './support/client.ts';
import { resourcesAt, startWorld, type World } from './support/world.ts';

/** A store that tells which records were written. */
function watchedStore(): { readonly store: Store; readonly written: string[] } {
  const store = memoryStore();
  const written: string[] = [];
  return {
    written,
    store: {
      ...store,
      put: (key, value, ttl) => {
        written.push(`${key.split(':')[0]} ${ttl}`);
        return store.put(key, value, ttl);
      },
    },
  };
}

describe('what a request can make the server keep or forget', () => {
  const { store, written } = watchedStore();
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ store });
  });
  afterAll(() => world.close());
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets nobody past a page by leaving it without an answer', async () => {
    const client = await register(world);
    const as = browser(world.issuer);
    await as.allow(authorizeUrl(world, client), { username: 'alice' });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 4000 });
    const asked = await as.follow(await as.send(authorizeUrl(world, client, { max_age: '2' })));
    expect(asked.html).toContain('name="password"');
    const uid = new URL(asked.url).pathname.split('/').at(-1);
    const resumed = await as.send(`${world.issuer}/authorize/${uid}`);
    expect(new URL(String(resumed.location)).searchParams.get('error')).toBe('access_denied');
  });

  it('keeps no session for the cookie of one that has ended', async () => {
    const client = await register(world);
    const as = browser(world.issuer);
    await as.allow(authorizeUrl(world, client), { username: 'alice' });
    await world.authorization.revocations.subject(String((await world.authorization.accounts.named('alice'))?.subject));
    written.length = 0;
    for (let count = 0; count < 5; count += 1) await as.send(authorizeUrl(world, client, { prompt: 'none' }));
    expect(written.filter((record) => record.startsWith('session'))).toEqual([]);
  });

  it('gives a registration access token no longer a life than its client', async () => {
    written.length = 0;
    await register(world);
    const lives = written
      .filter((record) => /^(client|registration_)/.test(record))
      .map((record) => record.split(' ')[1]);
    expect(new Set(lives)).toEqual(new Set(['86400']));
  });

  it('refuses a state that is longer than 4,096 characters, and takes one that is not', async () => {
    const client = await register(world);
    const as = browser(world.issuer);
    const long = await as.send(authorizeUrl(world, client, { state: 'x'.repeat(4097) }));
    expect(new URL(String(long.location)).searchParams.get('error')).toBe('invalid_request');
    const fits = await as.send(authorizeUrl(world, client, { state: 'x'.repeat(4096) }));
    expect(fits.location).toMatch(/\/interaction\//);
  });

  it('refuses client keys whose checking would be dear', async () => {
    const jwk = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'jwk' });
    const body = (key: object) => ({
      redirect_uris: ['https://client.example/callback'],
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key] },
    });
    const dear = { ...jwk, e: Buffer.alloc(200, 0xff).toString('base64url') };
    expect(await postJson(world, '/register', body(dear))).toMatchObject({
      status: 400,
      body: { error: 'invalid_client_metadata' },
    });
    expect((await postJson(world, '/register', body(jwk))).status).toBe(201);
  });
});

describe('a mount whose scopes are reserved', () => {
  it('is refused at the start, by name', async () => {
    const [first] = resourcesAt('https://mcp.example');
    const scopes = new Map([['openid', { description: 'Identity', implies: [] }]]);
    const resources = first === undefined ? [] : [{ ...first, scopes, defaultScopes: [] }];
    await expect(startWorld({ resources })).rejects.toThrow('the scope "openid" belongs to the authorization server');
  });
});
