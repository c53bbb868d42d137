import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browser } from './support/browser.ts';
import {
  authorize,
  authorizeUrl,
  CALLBACK,
  CHALLENGE,
  codeFor,
  type RegisteredClient,
  register,
} from './support/client.ts';
import { startWorld, type World } from './support/world.ts';

describe('an authorization request', () => {
  let world: World;
  let client: RegisteredClient;
  beforeAll(async () => {
    world = await startWorld();
    client = await register(world);
  });
  afterAll(() => world.close());

  /** Sends a request as it is; the parameters of a redirect to the client, or the status of a page. */
  async function ask(changes: Readonly<Record<string, string | undefined>>, extra = '') {
    const response = await fetch(`${authorizeUrl(world, client, changes)}${extra}`, { redirect: 'manual' });
    const location = response.headers.get('location');
    const toClient = location?.startsWith(CALLBACK) === true;
    const sent = toClient ? Object.fromEntries(new URL(location).searchParams) : undefined;
    return { status: response.status, location, sent, html: location === null ? await response.text() : '' };
  }
  const refused = async (code: string, changes: Readonly<Record<string, string | undefined>>, extra = '') => {
    const { sent, location } = await ask(changes, extra);
    expect(sent, `${location}`).toMatchObject({ error: code, iss: world.issuer });
    expect(location).not.toContain('#');
    return sent;
  };
  const accepted = async (changes: Readonly<Record<string, string | undefined>>, extra = '') => {
    const { status, location } = await ask(changes, extra);
    expect({ status, location }).toEqual({ status: 303, location: expect.stringMatching(/^\/interaction\//) });
  };
  const onPage = async (changes: Readonly<Record<string, string | undefined>>, extra = '') => {
    const answer = await ask(changes, extra);
    expect(answer).toMatchObject({ status: 400, location: null });
    return answer.html;
  };

  it('AZ-01 shows a page without a redirect where the client is missing, unknown, repeated or hostile', async () => {
    for (const id of [
      undefined,
      '',
      'nobody',
      '__proto__',
      'constructor',
      '<script>alert(1)</script>',
      'x'.repeat(4000),
    ]) {
      expect(await onPage({ client_id: id })).not.toContain('<script>');
    }
    await onPage({}, '&client_id=other');
    await onPage({ client_id: undefined }, `&client_id[]=${client.client_id}`);
    await accepted({});
  });

  it('AZ-02 shows a page where the redirect URI is not exactly the registered one', async () => {
    const web = await register(world, { redirect_uris: ['https://client.example/cb'] });
    const base = 'https://client.example';
    const wrong = ['/cb/x', '/c', '/CB', '/cb/', '/cb?x=1', ':444/cb', '/%63b', '/x/..;/cb', '/cb#f', '\\cb'];
    for (const uri of [...wrong.map((end) => base + end), 'http://client.example/cb', 'https://u@client.example/cb']) {
      await onPage({ client_id: web.client_id, redirect_uri: uri });
    }
    await onPage({ client_id: web.client_id, redirect_uri: `${base}/cb` }, '&redirect_uri=https%3A%2F%2Fevil.example');
    await accepted({ client_id: web.client_id, redirect_uri: `${base}/cb` });
  });

  it('AZ-03 matches a loopback redirect on any port and nothing else about it', async () => {
    const native = await register(world, { redirect_uris: ['http://127.0.0.1/cb'] });
    await accepted({ client_id: native.client_id, redirect_uri: 'http://127.0.0.1:51234/cb' });
    const wrong = ['http://localhost/cb', 'http://127.0.0.2/cb', 'http://[::1]/cb', 'https://127.0.0.1/cb'];
    const ports = [
      'http://127.0.0.1/other',
      'http://127.0.0.1:99999/cb',
      'http://127.0.0.1:0/cb',
      'http://127.0.0.1:/cb',
    ];
    for (const uri of [...wrong, ...ports, 'http://u@127.0.0.1/cb']) {
      await onPage({ client_id: native.client_id, redirect_uri: uri });
    }
  });

  it('AZ-04 fills in a redirect URI only where there is one, and not for loopback', async () => {
    const one = await register(world, { redirect_uris: ['https://client.example/cb'] });
    const two = await register(world, { redirect_uris: ['https://client.example/cb', 'https://client.example/cb2'] });
    await accepted({ client_id: one.client_id, redirect_uri: undefined });
    await onPage({ client_id: two.client_id, redirect_uri: undefined });
    await onPage({ redirect_uri: undefined });
  });

  it('AZ-05 refuses a repeated parameter, and sends no state back when it was the repeated one', async () => {
    for (const [name, value] of [
      ['scope', 'notes:read'],
      ['code_challenge', CHALLENGE],
      ['response_type', 'code'],
    ] as const) {
      expect(await refused('invalid_request', {}, `&${name}=${encodeURIComponent(value)}`)).toMatchObject({
        state: 'a state',
      });
    }
    expect(await refused('invalid_request', {}, '&state=other')).not.toHaveProperty('state');
  });

  it('AZ-06 takes only code in the query, and says so in the query', async () => {
    await refused('invalid_request', { response_type: undefined });
    for (const type of ['token', 'id_token', 'code token', 'none', 'code id_token', 'CODE']) {
      await refused('unsupported_response_type', { response_type: type });
    }
    for (const mode of ['fragment', 'form_post', 'web_message', 'jwt']) {
      await refused('invalid_request', { response_mode: mode });
    }
    await accepted({ response_mode: 'query' });
  });

  it('AZ-07 requires a challenge of public and of confidential clients', async () => {
    expect(await refused('invalid_request', { code_challenge: undefined })).toMatchObject({ state: 'a state' });
    const confidential = await register(world, { token_endpoint_auth_method: 'client_secret_basic' });
    await refused('invalid_request', { client_id: confidential.client_id, code_challenge: undefined });
    await accepted({ client_id: confidential.client_id });
  });

  it('AZ-08 takes S256 and a challenge of its shape only', async () => {
    for (const method of [undefined, 'plain', 's256', 'S512', 'S256 ']) {
      await refused('invalid_request', { code_challenge_method: method });
    }
    const shapes = [
      CHALLENGE.slice(1),
      `${CHALLENGE}A`,
      'a'.repeat(129),
      `${CHALLENGE.slice(1)}=`,
      `${CHALLENGE.slice(1)}!`,
    ];
    for (const challenge of shapes) await refused('invalid_request', { code_challenge: challenge });
  });

  it('AZ-09 refuses a resource that is missing, empty, foreign or malformed', async () => {
    const wrong = [
      'https://elsewhere.example/mcp',
      `${world.issuer}/none/mcp`,
      `${world.notes}-admin`,
      `${world.notes}#x`,
    ];
    const ugly = ['/notes/mcp', '', world.notes.replace('//', '//u@'), `${world.notes}/`, `${world.notes}?x`];
    for (const resource of [undefined, ...wrong, ...ugly]) await refused('invalid_target', { resource });
    await accepted({ resource: world.notes });
  });

  it('AZ-10 puts a resource into its canonical form, and means the only mount where none is named', async () => {
    const { origin, pathname } = new URL(world.notes);
    await accepted({ resource: `${origin.toUpperCase()}${pathname}` });
    const single = await startWorld({ mounts: ['notes'] });
    const own = await register(single);
    const response = await fetch(authorizeUrl(single, own, { resource: undefined }), { redirect: 'manual' });
    expect(response.headers.get('location')).toMatch(/^\/interaction\//);
    const empty = await fetch(authorizeUrl(single, own, { resource: '' }), { redirect: 'manual' });
    expect(empty.headers.get('location')).toContain('error=invalid_target');
    await single.close();
  });

  it('AZ-11 refuses two resources, equal or not', async () => {
    for (const second of [world.math, 'https://elsewhere.example/mcp', world.notes]) {
      await refused('invalid_target', {}, `&resource=${encodeURIComponent(second)}`);
    }
  });

  it('AZ-12 refuses malformed and unknown scopes, and drops unknown ones beside known ones', async () => {
    for (const scope of [
      'notes:read "',
      'a\\b',
      'notes:read  notes:write',
      ' notes:read',
      'a\tb',
      'no:such',
      'math:use',
    ]) {
      await refused('invalid_scope', { scope });
    }
    const { tokenScope } = await scopeOf('notes:read no:such math:use offline_access');
    expect(tokenScope).toBe('notes:read');
    expect((await scopeOf('offline_access')).tokenScope).toBe('notes:read');
    expect((await scopeOf(undefined)).tokenScope).toBe('notes:read');
  });

  async function scopeOf(scope: string | undefined) {
    const { redeem } = await import('./support/client.ts');
    const answer = await redeem(world, client, await codeFor(world, client, { scope }));
    return { tokenScope: answer.body.scope };
  }

  it('AZ-13 gives a printable state back exactly and refuses any other', async () => {
    const state = `%0d%0aSet-Cookie:x <script> &code=x # ~ ${'s'.repeat(3000)}`;
    const answer = await authorize(world, client, { state });
    expect(answer.getAll('state')).toEqual([state]);
    expect(answer.getAll('code')).toHaveLength(1);
    expect(await refused('invalid_request', { state: 'a\r\nb' })).not.toHaveProperty('state');
    expect(await refused('invalid_request', { state: undefined }, '&state=%ff')).not.toHaveProperty('state');
    expect((await authorize(world, client, { state: undefined })).has('state')).toBe(false);
  });

  it('AZ-14 refuses request objects and ignores parameters that it does not know', async () => {
    await refused('request_not_supported', { request: 'eyJhbGciOiJub25lIn0.e30.' });
    await refused('request_uri_not_supported', { request_uri: 'https://canary.example/r' });
    await refused('request_uri_not_supported', { request_uri: 'urn:ietf:params:oauth:request_uri:x' });
    await refused('registration_not_supported', { registration: '{}' });
    await accepted({ claims: '{}', nonce: 'n', id_token_hint: 'x', acr_values: 'a', unknown: 'x' });
  });

  it('AZ-15 answers prompt=none without a page and without a code', async () => {
    const as = browser(world.issuer);
    await refused('login_required', { prompt: 'none' });
    await authorize(world, client, {}, { as });
    for (const scope of ['notes:read', 'notes:read notes:write']) {
      const landing = await as.open(authorizeUrl(world, client, { prompt: 'none', scope }));
      expect(new URL(landing.location ?? '').searchParams.get('error')).toBe('consent_required');
    }
  });

  it('AZ-16 signs in anew for prompt=login and max_age=0, and refuses none beside another prompt', async () => {
    const as = browser(world.issuer);
    await authorize(world, client, {}, { as });
    expect((await as.open(authorizeUrl(world, client))).html).toContain('name="decision"');
    expect((await as.open(authorizeUrl(world, client, { max_age: '3600' }))).html).toContain('name="decision"');
    for (const changes of [{ prompt: 'login' }, { max_age: '0' }, { prompt: 'select_account' }]) {
      expect((await as.open(authorizeUrl(world, client, changes))).html).toContain('name="password"');
    }
    await refused('invalid_request', { prompt: 'none login' });
  });

  it('AZ-16 signs in anew when the sign-in is older than max_age', async () => {
    const { vi } = await import('vitest');
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const as = browser(world.issuer);
      await authorize(world, client, {}, { as });
      vi.setSystemTime(Date.now() + 120_000);
      expect((await as.open(authorizeUrl(world, client, { max_age: '60' }))).html).toContain('name="password"');
      expect((await as.open(authorizeUrl(world, client, { max_age: '600' }))).html).toContain('name="decision"');
      expect((await authorize(world, client, { max_age: '60' }, { as })).has('code')).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });

  it('AZ-17 takes GET only; HEAD changes nothing', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) {
      const response = await fetch(authorizeUrl(world, client), { method, redirect: 'manual' });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
    }
    const head = await fetch(authorizeUrl(world, client), { method: 'HEAD', redirect: 'manual' });
    expect(head.status).toBe(200);
    expect(head.headers.getSetCookie()).toEqual([]);
  });

  it('AZ-18 answers with code, state and iss once each, and with iss on a denial too', async () => {
    const answer = await authorize(world, client);
    for (const name of ['code', 'state', 'iss']) expect(answer.getAll(name)).toHaveLength(1);
    expect(answer.get('iss')).toBe(world.issuer);
    const as = browser(world.issuer);
    await authorize(world, client, {}, { as });
    const page = await as.open(authorizeUrl(world, client));
    const denied = await as.follow(await as.submit(page, [['decision', 'deny']]));
    const sent = new URL(denied.location ?? '').searchParams;
    expect([sent.get('error'), sent.get('state'), sent.get('iss')]).toEqual(['access_denied', 'a state', world.issuer]);
  });

  it('AZ-21 answers a thousand parameters and nested names with a page', async () => {
    await onPage({}, `&${Array.from({ length: 1000 }, (_, index) => `p${index}=1`).join('&')}`);
    await accepted({}, '&a[b][c]=1&__proto__[x]=y');
    expect(({} as { x?: string }).x).toBeUndefined();
  });

  it('AZ-25 appends the answer to the query of the redirect URI and leaves its bytes alone', async () => {
    const odd = await register(world, { redirect_uris: ['https://client.example/callback?a=1&b=%20'] });
    const as = browser(world.issuer);
    const landing = await as.allow(
      authorizeUrl(world, odd, { redirect_uri: 'https://client.example/callback?a=1&b=%20' }),
    );
    expect(landing.location).toMatch(/^https:\/\/client\.example\/callback\?a=1&b=%20&code=/);
    const own = await register(world, { redirect_uris: ['com.example.app:/callback'] });
    const answer = await browser(world.issuer).allow(
      authorizeUrl(world, own, { redirect_uri: 'com.example.app:/callback' }),
    );
    expect(answer.location).toMatch(/^com\.example\.app:\/callback\?code=/);
  });

  it('AZ-25 refuses a redirect URI that already holds a parameter of the answer', async () => {
    const odd = await register(world, { redirect_uris: ['https://client.example/callback?state=1'] });
    await onPage({ client_id: odd.client_id, redirect_uri: 'https://client.example/callback?state=1' });
  });
});
