import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, postForm, postJson } from '../support/plain-http.ts';
import { authorizeUrl, CALLBACK, registerClient } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({ settings: { storeUrl: 'memory:' } });
});
afterAll(() => world.close());

const preflight = (path: string, method: string, origin: string) =>
  ask(`${world.url}${path}`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization,content-type',
    },
  });

describe('a program in a browser', () => {
  const calls: readonly (readonly [string, string])[] = [
    ['/token', 'POST'],
    ['/register', 'POST'],
    ['/revoke', 'POST'],
    ['/introspect', 'POST'],
    ['/register/client_none', 'DELETE'],
    ['/jwks', 'GET'],
    ['/.well-known/oauth-authorization-server', 'GET'],
    ['/.well-known/oauth-protected-resource/notes/mcp', 'GET'],
  ];

  it.each(calls)('TK-18 may call %s from any origin, without cookies', async (path, method) => {
    const asked = await preflight(path, method, 'https://app.example');
    expect([asked.status, asked.headers.get('access-control-allow-origin')]).toEqual([204, '*']);
    expect(asked.headers.get('access-control-allow-methods')).toContain(method);
    const answer = await ask(`${world.url}${path}`, { method, headers: { origin: 'https://app.example' } });
    expect([answer.status < 500, answer.headers.get('access-control-allow-origin')]).toEqual([true, '*']);
    for (const { headers } of [asked, answer]) expect(headers.has('access-control-allow-credentials')).toBe(false);
  });

  it.each(['/token', '/register', '/revoke', '/introspect'])(
    'TK-18 is no origin of %s when it is opaque',
    async (path) => {
      const answers = [
        await preflight(path, 'POST', 'null'),
        await postForm(`${world.url}${path}`, {}, { origin: 'null' }),
      ];
      for (const { headers } of answers) expect(headers.has('access-control-allow-origin')).toBe(false);
    },
  );

  it('TK-18 never reads the pages, nor where a sign-in leads', async () => {
    const client = await registerClient(world.url);
    const headers = { origin: 'https://app.example' };
    const start = await ask(authorizeUrl(world.url, client), { headers });
    const pages = [
      start,
      await ask(new URL(start.headers.get('location') ?? '', world.url), { headers }),
      await ask(`${world.url}/sign-out`, { headers }),
    ];
    for (const page of pages) expect(page.headers.has('access-control-allow-origin')).toBe(false);
  });
});

describe('headers that claim another host', () => {
  const FORGED = {
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'https',
    'x-forwarded-prefix': '/evil',
    'x-forwarded-port': '1',
    forwarded: 'for=1.2.3.4;host=evil.test;proto=https',
    'x-original-url': 'https://evil.test/',
    'x-rewrite-url': '/evil',
    'x-host': 'evil.test',
    referer: 'https://evil.test/',
  };

  it('MD-05 change nothing in redirects, cookies, pages and registrations', async () => {
    const { body } = await postJson(`${world.url}/register`, { redirect_uris: [CALLBACK], client_name: 'App' }, FORGED);
    expect(body.registration_client_uri).toBe(`${world.url}/register/${body.client_id}`);
    const client = { client_id: String(body.client_id) };
    const start = await ask(authorizeUrl(world.url, client), { headers: FORGED });
    const location = start.headers.get('location') ?? '';
    expect([start.status, new URL(location, world.url).origin]).toEqual([303, world.url]);
    const cookie = start.headers
      .getSetCookie()
      .map((line) => line.split(';')[0])
      .join('; ');
    const page = await ask(new URL(location, world.url), { headers: { ...FORGED, cookie } });
    expect([page.status, page.text.includes('name="password"')]).toEqual([200, true]);
    const refused = await ask(authorizeUrl(world.url, client, { response_type: 'token' }), { headers: FORGED });
    expect(new URL(refused.headers.get('location') ?? '').searchParams.get('iss')).toBe(world.url);
    const lost = await ask(authorizeUrl(world.url, { client_id: 'client_none' }), { headers: FORGED });
    for (const answer of [start, page, refused, lost, await ask(`${world.url}/sign-out`, { headers: FORGED })]) {
      expect(answer.text + JSON.stringify([...answer.headers])).not.toContain('evil');
    }
  });

  it('MD-05 change nothing in cookies, whatever protocol they claim', async () => {
    const client = await registerClient(world.url);
    const names = async (headers: Record<string, string>) =>
      (await ask(authorizeUrl(world.url, client), { headers })).headers.getSetCookie().map((line) =>
        line
          .replace(/=[^;]*/, '=')
          .replace(/expires=[^;]*/i, '')
          .replace(/path=\/(authorize|interaction)\/[^;]+/i, '$1'),
      );
    expect(await names(FORGED)).toEqual(await names({}));
  });
});
