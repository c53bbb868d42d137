import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCookieJar } from '../../support/cookie-jar.ts';
import { postForm } from '../../support/plain-http.ts';
import { exampleProvider } from '../../support/providers/example-provider.ts';
import { type FakeAnswer, type FakeUpstream, fakeUpstream } from '../../support/providers/fake-upstream.ts';
import { authorize, redeem, signIn } from '../../support/signed-in.ts';
import { startWorld, type World } from '../../support/world.ts';

let fake: FakeUpstream;
let world: World;
beforeEach(async () => {
  fake = await fakeUpstream();
  world = await startWorld({ settings: { auth: exampleProvider(fake) } });
});
afterEach(async () => {
  await world.close();
  await fake.close();
});

/** Walks until the provider would send the browser back, and holds it there. */
async function heldCallback(jar = createCookieJar()): Promise<{ readonly callback: URL; readonly jar: typeof jar }> {
  let callback: URL | undefined;
  fake.routes.set('/authorize', ({ query }) => {
    callback = new URL(query.get('redirect_uri') ?? '');
    callback.search = new URLSearchParams({ code: 'held', state: query.get('state') ?? '' }).toString();
    return { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>Sign in there</p>' };
  });
  await expect(authorize(world.url, { jar })).rejects.toThrow('The walk stopped at /authorize');
  fake.routes.delete('/authorize');
  if (callback === undefined) throw new Error('The browser was not sent to the provider.');
  return { callback, jar };
}

const visit = async (url: URL, jar: ReturnType<typeof createCookieJar>) => {
  const response = await fetch(url, { redirect: 'manual', headers: { cookie: jar.header(url), accept: 'text/html' } });
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
};

const errorOf = async (): Promise<string | null> => (await authorize(world.url)).arrived.searchParams.get('error');

describe('the answer of an identity provider', () => {
  test('CO-09 in another browser ends the request, and its code is redeemed by nobody', async () => {
    const { callback, jar } = await heldCallback();
    const victim = createCookieJar();

    expect((await visit(callback, victim)).status).toBe(403);
    expect(fake.count('/token')).toBe(0);
    expect((await visit(callback, jar)).status).toBe(400);
    expect((await signIn(world.url, { jar: victim })).access).toBeTruthy();
  });

  test.each([
    ['without a state', (url: URL) => url.searchParams.delete('state')],
    ['with two states', (url: URL) => url.searchParams.append('state', 'another')],
    ['with an invented state', (url: URL) => url.searchParams.set('state', 'invented')],
    ['at the path of another provider', (url: URL) => Object.assign(url, { pathname: '/auth/callback/other' })],
  ])('CO-10 %s is refused, and the code goes nowhere', async (_name, change) => {
    const { callback, jar } = await heldCallback();
    const changed = new URL(callback);
    change(changed);

    expect((await visit(changed, jar)).status).toBe(400);
    expect(fake.count('/token')).toBe(0);
  });

  test('CO-10 naming another issuer is refused; naming the right one is taken, and a second time refused', async () => {
    fake.routes.set('/authorize', ({ query }) => sendBack(query, { iss: 'https://elsewhere.example' }));
    expect(await errorOf()).toBe('server_error');
    expect(fake.count('/token')).toBe(0);

    let back = '';
    fake.routes.set('/authorize', ({ query }) => {
      back = String(sendBack(query, { iss: fake.url }).headers?.location);
      return sendBack(query, { iss: fake.url });
    });
    fake.routes.set('/token', ({ form }) =>
      form.get('code') === 'held' ? { status: 400, body: { error: 'invalid_grant' } } : undefined,
    );
    const jar = createCookieJar();
    await authorize(world.url, { jar });
    expect(fake.count('/token')).toBe(1);
    expect((await visit(new URL(back), jar)).status).toBe(400);
    expect(fake.count('/token')).toBe(1);
  });

  test.each([
    ['of another client', { aud: 'another-app' }],
    ['of another issuer', { iss: 'https://elsewhere.example' }],
    ['of another sign-in', { nonce: 'another' }],
    ['without a nonce', { nonce: undefined }],
    ['that has expired', { exp: 1_700_000_000 }],
    ['for another party', { azp: 'another-app' }],
    ['without a subject', { sub: undefined }],
  ])('CO-12 with an ID token %s signs nobody in', async (_name, claims) => {
    fake.idToken = claims;
    expect(await errorOf()).toBe('server_error');

    fake.idToken = {};
    expect((await signIn(world.url)).access).toBeTruthy();
  });

  test('CO-12 with an ID token that the provider has not signed, or with none, signs nobody in', async () => {
    fake.routes.set('/jwks', () => ({ body: { keys: [] } }));
    expect(await errorOf()).toBe('server_error');
    fake.routes.delete('/jwks');
    fake.tokens = { id_token: undefined };
    expect(await errorOf()).toBe('server_error');

    fake.tokens = {};
    expect((await signIn(world.url)).access).toBeTruthy();
  });

  test('CO-13 that says no, or nothing, becomes an error of ours; its words go nowhere', async () => {
    const words = '<script>alert(1)</script>';
    fake.routes.set('/authorize', ({ query }) =>
      sendBack(query, { code: '', error: 'access_denied', error_description: words }),
    );
    const { arrived } = await authorize(world.url);
    expect(arrived.searchParams.get('error')).toBe('access_denied');
    expect(arrived.href).not.toContain('alert');
    fake.routes.delete('/authorize');

    const answers: readonly (readonly [FakeAnswer, string])[] = [
      [{ status: 500, body: { error: 'server_error' } }, 'temporarily_unavailable'],
      [{ status: 503, headers: { 'content-type': 'text/html' }, body: '<h1>Down</h1>' }, 'temporarily_unavailable'],
      [{ status: 401, body: { error: 'invalid_client' } }, 'temporarily_unavailable'],
      [{ status: 400, body: { error: 'invalid_grant' } }, 'server_error'],
      [{ body: { token_type: 'Bearer' } }, 'server_error'],
      [{ body: { access_token: 'a b', token_type: 'Bearer' } }, 'server_error'],
    ];
    for (const [answer, error] of answers) {
      fake.routes.set('/token', () => answer);
      expect([answer, await errorOf()]).toEqual([answer, error]);
    }
    fake.routes.delete('/token');
    expect((await signIn(world.url)).access).toBeTruthy();
  });

  test('CO-16 leaves its tokens with us: no answer, no token and no log holds one, and it opens no mount', async () => {
    fake.tokens = { access_token: 'upstream-access-0123456789', refresh_token: 'upstream-refresh-0123456789' };
    const authorized = await authorize(world.url);
    const answer = await redeem(world.url, authorized);

    const seen = [answer.text, authorized.arrived.href, JSON.stringify(decodeJwt(String(answer.body.access_token)))];
    expect([...seen, ...world.logged].join('\n')).not.toMatch(/upstream-(access|refresh)/);
    const call = (bearer: string) =>
      fetch(`${world.url}/notes/mcp`, {
        method: 'POST',
        headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
        body: '{}',
      });
    expect((await call('upstream-access-0123456789')).status).toBe(401);
    expect((await call(String(answer.body.access_token))).status).not.toBe(401);
  });

  test('its forms are refused to another origin and without the token of the page', async () => {
    const { callback } = await heldCallback();
    const uid = 'invented';

    expect((await postForm(`${world.url}/interaction/${uid}/continue`, { provider: 'example' })).status).toBe(403);
    expect((await fetch(callback, { method: 'POST' })).status).toBe(405);
  });
});

function sendBack(query: URLSearchParams, parameters: Readonly<Record<string, string>>): FakeAnswer {
  const back = new URL(query.get('redirect_uri') ?? '');
  const all = { code: 'held', state: query.get('state') ?? '', ...parameters };
  for (const [name, value] of Object.entries(all)) if (value !== '') back.searchParams.set(name, value);
  return { status: 302, headers: { location: back.href } };
}
