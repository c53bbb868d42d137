import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask, postJson } from '../support/plain-http.ts';
import { authorizeUrl } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld({ settings: { storeUrl: 'memory:' } });
});
afterAll(() => world.close());

const register = (uri: string) =>
  postJson(`${world.url}/register`, { redirect_uris: [uri], token_endpoint_auth_method: 'none' });

it.each([
  'https://a;frame-ancestors/cb',
  'https://a;script-src/cb',
  'https://a;sandbox:8443/cb',
  'https://a,b.example/cb',
  "https://a'b.example/cb",
  'https://a"b.example/cb',
  'https://a(b).example/cb',
  'com.example.app://a;script-src/cb',
])('AZ-20 RG-08 lets no redirect write into the policy of a page: %s', async (uri) => {
  const answer = await register(uri);
  expect([answer.status, answer.body.error]).toEqual([400, 'invalid_redirect_uri']);
});

it.each([
  'https://app.example/cb?a=1;b',
  'https://a-b_c.example:8443/cb;x',
  'http://[::1]:9/cb',
  'com.example.app:/cb',
])('AZ-20 names the place of a redirect in the policy of a page, and nothing more: %s', async (redirect_uri) => {
  const { body } = await register(redirect_uri);
  const start = await ask(authorizeUrl(world.url, { client_id: String(body.client_id) }, { redirect_uri }));
  const cookie = start.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
  const page = await ask(new URL(start.headers.get('location') ?? '', world.url), { headers: { cookie } });
  const directives = (page.headers.get('content-security-policy') ?? '').split('; ').map((text) => text.split(' ')[0]);
  const all = ['default-src', 'style-src', 'img-src', 'form-action', 'frame-ancestors', 'base-uri'];
  expect([page.status, directives]).toEqual([200, all]);
});
