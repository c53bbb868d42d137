import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apiKeys } from '../../providers/api-keys.ts';
import { jwt } from '../../providers/jwt.ts';
import { local } from '../../providers/local.ts';
import { Unavailable } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { API_KEY_PREFIX, newApiKey, readApiKey } from '../../src/gate/api-key.ts';
import { type ApiKeys, apiKeyRecords, type NewApiKey } from '../../src/gate/api-keys.ts';
import type { Auth } from '../../src/host/read-providers.ts';
import { openVault } from '../../src/host/state.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { type KeyedHost, startKeyedHost } from '../support/keyed-host.ts';
import { ask, basic, callTool, postForm, postMessage } from '../support/plain-http.ts';
import { type FakeIssuer, startFakeIssuer } from '../support/providers/fake-issuer.ts';
import { providerDeps } from '../support/providers/provider-deps.ts';

const NOW = 1_800_000_000;
const RESOURCE = 'https://rs.test/a/mcp';
const at = new URL(RESOURCE);

/** The verifier alone, over a store that counts what is written. */
function alone() {
  let now = NOW;
  const store = memoryStore({ clock: () => now });
  const written: string[] = [];
  const ended = new Set<string>();
  const records = {
    get: store.get,
    delete: store.delete,
    put: async (name: string, value: string, ttl: number) => {
      written.push(name.split(':')[0] ?? '');
      await store.put(name, value, ttl);
    },
  };
  const clock = () => now;
  const deps = { ...providerDeps({ clock }), records, isEnded: async (account: string) => ended.has(account) };
  return {
    keys: apiKeyRecords(records, clock),
    verifier: apiKeys().verifier(deps),
    anotherNode: apiKeys().verifier(deps),
    store,
    records,
    written,
    ended,
    advance: (seconds: number) => {
      now += seconds;
    },
  };
}

const fresh: NewApiKey = { owner: 'reports', scopes: ['a', 'b'], resources: 'all', description: 'nightly' };
const refused = (reason: string) => ({ code: 'invalid_token', status: 401, reason });

describe('the form of an API key', () => {
  it('is prefix, id, secret and checksum, and reads back as what it was made of', () => {
    const { key, id, secretHash } = newApiKey();
    expect(key).toMatch(/^gatehouse_[0-9a-f]{16}_[0-9a-f]{72}$/);
    expect(readApiKey(key)).toEqual({ id, secretHash });
  });

  it('AK-01 is of no key once any character is changed, added or taken away', () => {
    const { key } = newApiKey();
    const place = fc.integer({ min: API_KEY_PREFIX.length, max: key.length - 1 });
    fc.assert(
      fc.property(place, fc.constantFrom(...'0123456789abcdefABCDEF_-. \n'), (index, character) => {
        const changed = key.slice(0, index) + character + key.slice(index + 1);
        if (changed !== key) expect(readApiKey(changed)).toBeUndefined();
        expect(readApiKey(key.slice(0, index) + character + key.slice(index))).toBeUndefined();
        expect(readApiKey(key.slice(0, index))).toBeUndefined();
      }),
    );
  });
});

describe('the verifier of API keys', () => {
  it('tells whose key it is', async () => {
    const { keys, verifier } = alone();
    const { id, key } = await keys.create(fresh);
    expect(await verifier.verify(key, at)).toEqual({
      subject: 'reports',
      clientId: `apikey:${id}`,
      scopes: new Set(['a', 'b']),
      issuer: 'https://rs.test',
      resource: RESOURCE,
      expiresAt: NOW + 3600,
      kind: 'key',
      name: 'nightly',
      claims: { key: id, owner: 'reports' },
    });
  });

  it('AK-01 asks the store once for an unknown key and for a wrong secret, and never for a malformed one', async () => {
    const { keys, verifier, records } = alone();
    const { key, id } = await keys.create(fresh);
    let asked = 0;
    const { get } = records;
    records.get = async (name) => {
      asked += 1;
      return get(name);
    };
    const stranger = newApiKey();
    await expect(verifier.verify(stranger.key, at)).rejects.toMatchObject(refused('unknown_api_key'));
    expect(asked).toBe(1);
    await records.put(`api_key:${stranger.id}`, JSON.stringify(await keys.find(id)), 60);
    asked = 0;
    await expect(verifier.verify(stranger.key, at)).rejects.toMatchObject(refused('unknown_api_key'));
    expect(asked).toBe(1);
    await expect(verifier.verify(`${key}0`, at)).rejects.toMatchObject(refused('malformed_api_key'));
    expect(asked).toBe(1);
    expect(await verifier.verify(key, at)).toMatchObject({ kind: 'key' });
  });

  it('AK-03 refuses revoked and ended keys, and those of accounts that are gone, on every node at once', async () => {
    const { keys, verifier, anotherNode, ended, advance } = alone();
    const [revoked, expiring, bound, sibling] = await Promise.all([
      keys.create(fresh),
      keys.create({ ...fresh, expiresAt: NOW + 60 }),
      keys.create({ ...fresh, owner: 'user_1', account: 'user_1' }),
      keys.create(fresh),
    ]);
    for (const { key } of [revoked, expiring, bound]) await anotherNode.verify(key, at);
    expect([await keys.revoke(revoked.id), await keys.revoke(revoked.id)]).toEqual([true, false]);
    ended.add('user_1');
    await expect(anotherNode.verify(revoked.key, at)).rejects.toMatchObject(refused('unknown_api_key'));
    await expect(anotherNode.verify(bound.key, at)).rejects.toMatchObject(refused('revoked'));
    ended.clear();
    await expect(verifier.verify(bound.key, at)).rejects.toMatchObject(refused('unknown_api_key'));
    advance(91);
    await expect(anotherNode.verify(expiring.key, at)).rejects.toMatchObject(refused('expired'));
    expect(await verifier.verify(sibling.key, at)).toMatchObject({ subject: 'reports' });
  });

  it('AK-04 refuses a key at a mount that it was not made for', async () => {
    const { keys, verifier } = alone();
    const { key } = await keys.create({ ...fresh, resources: [RESOURCE] });
    const fault = verifier.verify(key, new URL('https://rs.test/b/mcp'));
    await expect(fault).rejects.toMatchObject(refused('wrong_audience'));
    expect(await verifier.verify(key, at)).toMatchObject({ resource: RESOURCE });
  });

  it('writes at most once a minute that a key is used, and works where that cannot be written', async () => {
    const { keys, verifier, anotherNode, written, records, advance } = alone();
    const { id, key } = await keys.create(fresh);
    expect(await keys.lastUsedAt(id)).toBeUndefined();
    for (let call = 0; call < 59; call += 1) {
      await verifier.verify(key, at);
      await anotherNode.verify(key, at);
      advance(1);
    }
    expect([written, await keys.lastUsedAt(id)]).toEqual([['api_key', 'api_key_use'], NOW]);
    advance(1);
    await verifier.verify(key, at);
    expect([written.length, await keys.lastUsedAt(id)]).toEqual([3, NOW + 60]);
    records.put = () => Promise.reject(new Unavailable('store_down'));
    advance(60);
    expect(await verifier.verify(key, at)).toMatchObject({ kind: 'key' });
  });

  it('answers 503 where the store does not, whatever the key', async () => {
    const { keys, verifier, store } = alone();
    const { key } = await keys.create(fresh);
    await store.close();
    for (const each of [key, newApiKey().key]) {
      await expect(verifier.verify(each, at)).rejects.toMatchObject({ status: 503 });
    }
  });

  it.each([
    [{ owner: '' }, /owner/],
    [{ owner: 'a\nb' }, /owner/],
    [{ description: 'x'.repeat(101) }, /description/],
    [{ scopes: ['a b'] }, /"a b" is not a scope name/],
    [{ resources: [] }, /mount/],
    [{ expiresAt: NOW }, /end/],
  ])('is not asked of a key that was made with %j', async (changes, message) => {
    await expect(alone().keys.create({ ...fresh, ...changes })).rejects.toThrow(message);
  });
});

describe('a host with API keys', () => {
  let running: KeyedHost;
  let keys: ApiKeys;
  let fake: FakeIssuer;
  let backend: ReturnType<typeof memoryStore>;
  const server = () =>
    defineServer({ name: 'tools', version: '1.0.0' }).tool(
      'who',
      { description: 'Who', scopes: ['a'] },
      (_, context) => {
        const { subject, kind } = context.principal;
        return `${kind} ${subject}`;
      },
    );
  const start = async (auth: Auth, settings = {}) => {
    backend = memoryStore({});
    const sealing = [generateFernetKey()];
    const parts = { auth, store: backend, keys: sealing, trustProxyHops: 1, ...settings };
    running = await startKeyedHost((host) => host.mount('/a', server()).mount('/b', server()), parts);
    const { store } = await openVault(running.host.config, {
      clock: () => Math.floor(Date.now() / 1000),
      log: providerDeps().log,
      store: backend,
    });
    keys = apiKeyRecords(store, () => Math.floor(Date.now() / 1000));
  };
  const endpoint = (mount = 'a') => `${running.url}/${mount}/mcp`;
  const ping = (token: string, from = '203.0.113.7') =>
    postMessage(endpoint(), token, { method: 'ping' }, { 'x-forwarded-for': from });
  const who = async (token: string, mount = 'a') => (await callTool(endpoint(mount), token, 'who')).text;

  beforeEach(async () => {
    fake = await startFakeIssuer();
  });
  afterEach(async () => {
    await running.close();
    await fake.close();
  });

  it('serves them alone, and advertises no authorization server', async () => {
    await start(apiKeys());
    const { key } = await keys.create({ ...fresh, scopes: ['a'] });
    expect(await who(key)).toContain('key reports');
    const document = (await ask(`${running.url}/.well-known/oauth-protected-resource/a/mcp`)).body;
    expect(document).not.toHaveProperty('authorization_servers');
    const { key: bare } = await keys.create({ ...fresh, scopes: [] });
    const forbidden = await callTool(endpoint(), bare, 'who');
    expect([forbidden.status, forbidden.headers.get('www-authenticate')]).toEqual([
      403,
      expect.stringContaining('error="insufficient_scope"'),
    ]);
  });

  it('serves three providers at once, each token by its own, and names the servers of all', async () => {
    await start([apiKeys(), local(), jwt({ issuer: fake.issuer })]);
    const document = (await ask(`${running.url}/.well-known/oauth-protected-resource/a/mcp`)).body;
    expect(document.authorization_servers).toEqual([running.url, fake.issuer]);
    const { key } = await keys.create(fresh);
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: fake.issuer, aud: endpoint(), sub: 'ada', client_id: 'app', scope: 'a', exp: now + 60 };
    const { machines } = running.host.authorization;
    const machine = await machines.add({ name: 'job', scopes: ['a'], secret: true });
    const form = { grant_type: 'client_credentials', resource: endpoint(), scope: 'a' };
    const granted = await postForm(`${running.url}/token`, form, basic(machine.clientId, machine.clientSecret ?? ''));
    expect(await who(key)).toContain('key reports');
    expect(await who(await fake.sign(claims))).toContain('user ada');
    expect(await who(String(granted.body.access_token))).toContain(`machine ${machine.clientId}`);
    for (const token of ['opaque', await fake.sign({ ...claims, iss: 'https://other.test' }), newApiKey().key]) {
      expect((await ping(token)).status).toBe(401);
    }
  });

  it('serves the other providers while one of them is out, and is ready for them', async () => {
    await start([apiKeys(), jwt({ issuer: fake.issuer })]);
    fake.spoiled.set('jwks', (_request, response) => response.writeHead(500).end());
    const { key } = await keys.create(fresh);
    const token = await fake.sign({ iss: fake.issuer, aud: endpoint() });
    const out = await ping(token);
    expect([out.status, out.headers.get('www-authenticate')]).toEqual([503, null]);
    expect(Number(out.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ping(key)).status).toBe(200);
    expect((await ask(`${running.url}/readyz`)).status).toBe(200);
  });

  it('AK-01 answers a wrong secret, an unknown and a malformed key alike', async () => {
    await start(apiKeys());
    const { id, key } = await keys.create(fresh);
    const unknown = newApiKey();
    const body = unknown.key.slice(0, -8).replace(unknown.id, id);
    const wrong = `${body}${crc32(body).toString(16).padStart(8, '0')}`;
    expect(readApiKey(wrong)).toMatchObject({ id });
    const answers = await Promise.all([wrong, unknown.key, `${key}0`].map((each) => ping(each)));
    const shown = answers.map(({ status, text, headers }) => [status, text, headers.get('www-authenticate')]);
    expect(new Set(shown.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(shown[0]?.[0]).toBe(401);
    expect((await ping(key)).status).toBe(200);
  });

  it('AK-02 answers 429 to guesses from one address, and serves the key from another', async () => {
    await start(apiKeys(), { refusedLimit: 5 });
    const { key } = await keys.create(fresh);
    const statuses = [];
    for (let guess = 0; guess < 8; guess += 1) statuses.push((await ping(newApiKey().key)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    expect(Number((await ping(newApiKey().key)).headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ping(key, '198.51.100.1')).status).toBe(200);
  });

  it('AK-04 takes a key for no client secret, and no key at another mount', async () => {
    await start([local(), apiKeys()]);
    const { id, key } = await keys.create({ ...fresh, resources: [endpoint('a')] });
    for (const client of [id, `apikey:${id}`, key]) {
      const form = { grant_type: 'client_credentials', resource: endpoint() };
      const answer = await postForm(`${running.url}/token`, form, basic(client, key));
      expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
    }
    expect((await callTool(endpoint('b'), key, 'who')).status).toBe(401);
    expect(await who(key)).toContain('key reports');
  });

  it('AK-05 looks at no other header, alone or beside a bearer token', async () => {
    await start(apiKeys());
    const [mine, other] = [await keys.create({ ...fresh, owner: 'mine' }), await keys.create(fresh)];
    const bare = await ask(endpoint(), { method: 'POST', headers: { 'x-api-key': mine.key } });
    expect([bare.status, bare.body.error]).toEqual([401, undefined]);
    const message = { method: 'tools/call', params: { name: 'who', arguments: {} } };
    const both = await postMessage(endpoint(), mine.key, message, { 'x-api-key': other.key });
    expect(both.text).toContain('key mine');
  });

  it('AK-06 takes no key in the query, and logs none', async () => {
    await start(apiKeys());
    const { key } = await keys.create(fresh);
    for (const name of ['api_key', 'key', 'access_token']) {
      const answer = await ask(`${endpoint()}?${name}=${key}`, { method: 'POST' });
      expect([answer.status, answer.body.error]).toEqual([401, undefined]);
    }
    await ping(`${key}0`);
    expect((await ping(key)).status).toBe(200);
    expect(running.logged.join()).not.toContain(key.slice(-40));
  });

  it('AK-08 keeps no key in the store, nor its owner in clear', async () => {
    await start(apiKeys());
    const { key } = await keys.create(fresh);
    expect((await ping(key)).status).toBe(200);
    const kept = JSON.stringify((await backend.scan(undefined, 1000)).entries);
    const [, , secret = ''] = key.split('_');
    expect(kept).toContain('api_key:');
    for (const part of [key, secret, secret.slice(0, 64), fresh.owner]) expect(kept).not.toContain(part);
  });
});
