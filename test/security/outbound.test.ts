import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCookieJar } from '../support/cookie-jar.ts';
import { ask, postForm, postJson } from '../support/plain-http.ts';
import { authorize, authorizeUrl, CALLBACK, registerClient } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let canary: Server;
let port: number;
let connections = 0;

beforeAll(async () => {
  world = await startWorld({ settings: { storeUrl: 'memory:' } });
  canary = createServer((socket) => {
    connections += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => canary.listen(0, 'localhost', resolve));
  port = (canary.address() as AddressInfo).port;
});
afterAll(async () => {
  expect(connections).toBe(0);
  canary.close();
  await world.close();
});

it('CI-01 CI-02 CI-18 no client identifier makes the server connect to itself or its neighbours', async () => {
  const names = [
    'localhost',
    '127.0.0.1',
    '[::1]',
    '2130706433',
    '0x7f.1',
    '127.1',
    '0.0.0.0',
    'localhost.',
    '[::ffff:127.0.0.1]',
    'u@localhost',
    '169.254.169.254',
    '10.0.0.1',
  ];
  const own = new URL(world.url).port;
  const urls = names.flatMap((name) => [
    `https://${name}:${port}/client.json`,
    `http://${name}:${port}/client.json`,
    `https://${name}/client.json`,
  ]);
  for (const client_id of [
    ...urls,
    `http://localhost:${own}/authorize`,
    `https://localhost:${own}/authorize?client_id=x`,
  ]) {
    const page = await ask(authorizeUrl(world.url, { client_id }));
    expect([client_id, page.status, page.headers.get('location')]).toEqual([client_id, 400, null]);
    const token = await postForm(`${world.url}/token`, { grant_type: 'refresh_token', client_id, refresh_token: 'x' });
    expect([client_id, token.status, token.body.error]).toEqual([client_id, 401, 'invalid_client']);
  }
});

it('RG-15 RG-16 CI-20 registering, showing and using a client fetches nothing that it names', async () => {
  const uris = {
    logo_uri: 'https://canary.example/logo.svg',
    client_uri: 'https://canary.example/',
    tos_uri: 'https://canary.example/tos',
    policy_uri: 'https://canary.example/privacy',
  };
  const client = await registerClient(world.url, uris);
  const pages: { readonly html: string }[] = [];
  const { code } = await authorize(world.url, { client, jar: createCookieJar(), onPage: (page) => pages.push(page) });
  expect([code.length > 0, pages.length]).toEqual([true, 2]);
  for (const { html } of pages) {
    expect(html).not.toMatch(/<(img|link|script|iframe|object|embed)[^>]*canary/i);
    expect(html).not.toContain('logo.svg');
  }
  const hostile = [
    { jwks_uri: `https://localhost:${port}/jwks`, token_endpoint_auth_method: 'private_key_jwt' },
    { logo_uri: `https://127.0.0.1:${port}/logo.png` },
    { client_uri: `http://localhost:${port}/` },
  ];
  for (const metadata of hostile) {
    const answer = await postJson(`${world.url}/register`, { redirect_uris: [CALLBACK], ...metadata });
    expect([metadata, [201, 400].includes(answer.status)]).toEqual([metadata, true]);
  }
});

it('AZ-14 a request object by reference is refused and not fetched', async () => {
  const client = await registerClient(world.url);
  for (const request_uri of [
    `https://localhost:${port}/r`,
    `http://127.0.0.1:${port}/r`,
    'urn:ietf:params:oauth:request_uri:x',
  ]) {
    const answer = await ask(authorizeUrl(world.url, client, { request_uri }));
    expect(answer.headers.get('location')).toContain('error=request_uri_not_supported');
  }
});
