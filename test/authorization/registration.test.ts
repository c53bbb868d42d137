import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { noLimits } from '../../src/authorization/request-limits.ts';
import { TooManyRequests } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/secrets.ts';
import { memoryStore } from '../../src/store/memory.ts';
import {
  answerOf,
  CALLBACK,
  codeFor,
  isLive,
  postJson,
  type RegisteredClient,
  redeem,
  refresh,
  register,
  signIn,
} from './support/client.ts';
import { startWorld, type World } from './support/world.ts';

const DAY = 86_400_000;

describe('registration', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  const good = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' };

  it('RG-01 answers an unsafe redirect URI with its own code and stores nothing', async () => {
    for (const uri of ['javascript:alert(1)', 'https://c.test/cb#x', 'http://c.test/cb', 'https://*.c.test/cb']) {
      const answer = await postJson(world, '/register', { ...good, redirect_uris: [uri] });
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_redirect_uri']);
      expect(Object.keys(answer.body)).toEqual(['error', 'error_description']);
    }
    expect((await postJson(world, '/register', { ...good, redirect_uris: ['https://c.test/cb'] })).status).toBe(201);
  });

  it('RG-06 echoes loopback, private-scheme and plain https redirects unchanged', async () => {
    const uris = [
      'http://127.0.0.1:33418',
      'http://[::1]/cb',
      'http://localhost:9/cb',
      'com.example.app:/cb',
      'cursor://x.y/cb',
    ];
    for (const redirect_uris of [...uris.map((uri) => [uri]), ['http://127.0.0.2:1/cb'], ['https://c.test/cb?x=1']]) {
      const answer = await postJson(world, '/register', { ...good, redirect_uris });
      expect([answer.status, answer.body.redirect_uris]).toEqual([201, redirect_uris]);
    }
  });

  it('RG-11 answers a body that is too large, no JSON, of another type or ambiguous', async () => {
    const large = await postJson(world, '/register', { ...good, client_name: 'x'.repeat(66_000) });
    expect(large.status).toBe(413);
    for (const body of [
      'null',
      '[]',
      '"x"',
      '{',
      '['.repeat(10_000),
      '{"redirect_uris":["https://a/b"],"redirect_uris":["https://e/b"]}',
    ]) {
      const answer = await postJson(world, '/register', body);
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_client_metadata']);
    }
    const form = await answerOf(
      await fetch(`${world.at}/register`, { method: 'POST', body: new URLSearchParams({ client_name: 'x' }) }),
    );
    expect(form.status).toBe(415);
    const get = await fetch(`${world.at}/register`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('RG-12 makes identifiers itself and drops every member that it does not know', async () => {
    const claimed = {
      client_id: 'mine',
      client_secret: 's',
      registration_access_token: 't',
      trusted: true,
      owner: 'x',
    };
    const answer = await postJson(world, '/register', {
      ...good,
      ...claimed,
      client_id_issued_at: 1,
      first_party: true,
    });
    expect(answer.status).toBe(201);
    expect(answer.body.client_id).toMatch(/^client_[\w-]{22}$/);
    for (const name of ['client_secret', 'trusted', 'owner', 'first_party'])
      expect(answer.body).not.toHaveProperty(name);
    expect(answer.body.registration_access_token).not.toBe('t');
    const record = await world.store.get(`client:${sha256(String(answer.body.client_id))}`);
    expect(record).not.toContain('trusted');
  });

  it('RG-13 gives nobody who registers the machine grant or an old one', async () => {
    for (const grant of ['implicit', 'password', 'client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer']) {
      const answer = await postJson(world, '/register', { ...good, grant_types: ['authorization_code', grant] });
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_client_metadata']);
    }
    const types = await postJson(world, '/register', { ...good, response_types: ['token'] });
    expect(types.body.error).toBe('invalid_client_metadata');
    expect((await register(world)).grant_types).toEqual(['authorization_code', 'refresh_token']);
  });

  it('RG-14 makes a secret for who needs one, and keeps its hash only', async () => {
    const open = await register(world);
    expect(open).not.toHaveProperty('client_secret');
    const own = await register(world, { token_endpoint_auth_method: 'client_secret_basic' });
    expect(own.client_secret).toMatch(/^[\w-]{43}$/);
    expect(own.client_secret_expires_at).toBe(0);
    const record = (await world.store.get(`client:${sha256(own.client_id)}`)) ?? '';
    expect(record).toContain('sha256:');
    expect(record).not.toContain(own.client_secret);
    for (const method of ['private_key_jwt', 'tls_client_auth', ['none']]) {
      const answer = await postJson(world, '/register', { ...good, token_endpoint_auth_method: method });
      expect([answer.status, answer.body.error]).toEqual([400, 'invalid_client_metadata']);
    }
  });

  it('RG-18 takes any scope and makes no ceiling of it', async () => {
    const client = await register(world, { scope: 'admin:* notes:read' });
    expect(client).not.toHaveProperty('scope');
    const answer = await redeem(world, client, await codeFor(world, client, { scope: 'notes:write' }));
    expect(answer.body.scope).toBe('notes:write');
  });

  it('RG-19 refuses a software statement that nobody vouches for', async () => {
    const answer = await postJson(world, '/register', { ...good, software_statement: 'e30.e30.' });
    expect([answer.status, answer.body.error]).toEqual([400, 'invalid_software_statement']);
  });

  it('RG-20 answers 429 with the wait when the host says that there were too many', async () => {
    const asked: string[][] = [];
    const stranger = async (...what: string[]) => {
      if (asked.push(what) > 1) throw new TooManyRequests('register', 42);
    };
    const small = await startWorld({ limits: { ...noLimits, stranger } });
    await register(small);
    const answer = await postJson(small, '/register', good);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '42']);
    expect(answer.body).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'Too many requests. Try again later.',
    });
    expect(asked).toEqual([
      ['register', '127.0.0.1'],
      ['register', '127.0.0.1'],
    ]);
    await small.close();
  });

  it('RG-20 forgets a client that nobody signs in to after a day, and any other after ninety without use', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const unused = await register(world);
      const { client, tokens } = await signIn(world);
      vi.setSystemTime(Date.now() + 1.5 * DAY);
      const ask = (id: string) =>
        fetch(`${world.at}/authorize?client_id=${id}&redirect_uri=${encodeURIComponent(CALLBACK)}`, {
          redirect: 'manual',
        });
      expect((await ask(unused.client_id)).headers.has('location')).toBe(false);
      expect((await ask(client.client_id)).headers.has('location')).toBe(true);
      vi.setSystemTime(Date.now() + 25 * DAY);
      expect((await refresh(world, client, tokens.refresh_token)).status).toBe(200);
      vi.setSystemTime(Date.now() + 80 * DAY);
      expect((await ask(client.client_id)).headers.has('location')).toBe(true);
      vi.setSystemTime(Date.now() + 11 * DAY);
      expect((await ask(client.client_id)).headers.has('location')).toBe(false);
    } finally {
      vi.useRealTimers();
    }
  });

  it('RG-21 lets the holder of the registration access token read, change and remove its client', async () => {
    const client = await register(world, { token_endpoint_auth_method: 'client_secret_post' });
    const url = client.registration_client_uri;
    expect(url).toBe(`${world.issuer}/register/${client.client_id}`);
    const ask = async (method: string, token: string, body?: object) =>
      answerOf(
        await fetch(url, {
          method,
          headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          ...(body && { body: JSON.stringify(body) }),
        }),
      );
    const stranger = await register(world);
    expect((await ask('GET', 'wrong')).status).toBe(401);
    expect((await ask('GET', stranger.registration_access_token)).status).toBe(401);
    const read = await ask('GET', client.registration_access_token);
    expect([read.status, read.body.client_name]).toEqual([200, 'Test client']);
    expect(read.body).not.toHaveProperty('client_secret');

    const change = {
      client_id: client.client_id,
      redirect_uris: ['https://c.test/cb'],
      token_endpoint_auth_method: 'client_secret_post',
    };
    expect(
      (await ask('PUT', client.registration_access_token, { ...change, redirect_uris: ['http://c.test'] })).status,
    ).toBe(400);
    const wrong = await ask('PUT', client.registration_access_token, { ...change, client_secret: 'wrong' });
    expect(wrong.status).toBe(400);
    const changed = await ask('PUT', client.registration_access_token, {
      ...change,
      client_secret: client.client_secret,
    });
    expect([changed.status, changed.body.redirect_uris]).toEqual([200, ['https://c.test/cb']]);
    const token = String(changed.body.registration_access_token);
    expect(token).not.toBe(client.registration_access_token);
    const code = { code_verifier: 'v'.repeat(43), client_secret: String(client.client_secret) };
    expect((await redeem(world, client, 'x', code)).body.error).toBe('invalid_grant');

    expect((await ask('DELETE', token)).status).toBe(204);
    expect((await redeem(world, client, 'x', code)).body.error).toBe('invalid_client');
  });

  const put = async (client: RegisteredClient, token: unknown, changes: object) =>
    answerOf(
      await fetch(client.registration_client_uri, {
        method: 'PUT',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ client_id: client.client_id, redirect_uris: ['https://c.test/cb'], ...changes }),
      }),
    );

  it('RG-21 lets one of twenty changes at once win, and leaves one registration access token', async () => {
    const store = memoryStore();
    const own = await startWorld({ store: { ...store, get: (key) => setTimeout(2).then(() => store.get(key)) } });
    const client = await register(own);
    const changes = Array.from({ length: 20 }, (_, index) =>
      put(client, client.registration_access_token, {
        client_name: `Name ${index}`,
        token_endpoint_auth_method: 'none',
      }),
    );
    const answers = await Promise.all(changes);
    const [winner, ...more] = answers.filter(({ status }) => status === 200);
    expect(more).toEqual([]);
    expect(answers.filter(({ status }) => ![200, 401, 409].includes(status))).toEqual([]);
    const next = await put(client, winner?.body.registration_access_token, { client_name: 'Later' });
    expect([next.status, next.body.client_name]).toEqual([200, 'Later']);
    await own.close();
  });

  it('RG-21 gives the token back to the holder of a change that is refused', async () => {
    const client = await register(world);
    const { registration_access_token: token } = client;
    expect((await put(client, token, { client_id: 'another' })).status).toBe(400);
    expect((await put(client, token, {})).status).toBe(200);
  });

  it('RG-21 forgets a secret once its client has gone on without, and makes a new one for the way back', async () => {
    const client = await register(world, { token_endpoint_auth_method: 'client_secret_post' });
    const open = await put(client, client.registration_access_token, { token_endpoint_auth_method: 'none' });
    expect(await world.store.get(`client:${sha256(client.client_id)}`)).not.toContain('sha256:');
    const back = { token_endpoint_auth_method: 'client_secret_post' };
    const closed = await put(client, open.body.registration_access_token, back);
    expect(closed.body.client_secret).toMatch(/^[\w-]{43}$/);
    const redeemed = async (secret: unknown) =>
      (await redeem(world, client, 'x', { code_verifier: 'v'.repeat(43), client_secret: String(secret) })).body.error;
    expect(await redeemed(client.client_secret)).toBe('invalid_client');
    expect(await redeemed(closed.body.client_secret)).toBe('invalid_grant');
  });

  it('RG-21 ends the tokens of a client that is removed', async () => {
    const { client, tokens } = await signIn(world);
    expect(await isLive(world, tokens.access_token)).toBe(true);
    await fetch(client.registration_client_uri, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${client.registration_access_token}` },
    });
    expect(await isLive(world, tokens.access_token)).toBe(false);
  });

  it('RG-23 answers uncached', async () => {
    const answer = await postJson(world, '/register', good);
    expect([answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
  });
});
