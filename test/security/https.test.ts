import { createServer, type IncomingHttpHeaders, type OutgoingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echo } from '../../examples/demo/echo.ts';
import { local } from '../../providers/local.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { createHost, type Host } from '../../src/host/create-host.ts';
import { PASSWORDS } from '../support/world.ts';

/** A host as it is in production: published as https, behind a proxy that speaks plain http to it. */
let host: Host;
let server: Server;
let port: number;

beforeAll(async () => {
  const settings = {
    publicUrl: 'https://mcp.example.com',
    storeUrl: 'memory:',
    keys: [generateFernetKey()],
    trustProxyHops: 1,
    registerLimit: 100,
  };
  host = createHost({ auth: local(), shutdownGrace: 0, logLevel: 'silent', ...settings });
  host.mount('/echo', echo());
  await host.start();
  await host.authorization.accounts.add({ username: 'ada', password: PASSWORDS.ada });
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  port = (server.address() as AddressInfo).port;
  host.attach(server);
});
afterAll(() => host.close());

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly cookies: readonly string[];
  readonly body: string;
}

/** Sends what the proxy would: the public name in Host, everything else as given. */
function send(method: string, path: string, headers: OutgoingHttpHeaders = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { port, method, path, agent: false, headers: { host: 'mcp.example.com', ...headers } };
    const sent = request({ host: 'localhost', ...options }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk);
      const { statusCode: status = 0, headers: got } = response;
      resolve({ status, headers: got, cookies: got['set-cookie'] ?? [], body: Buffer.concat(chunks).toString() });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

async function register(): Promise<string> {
  const metadata = { redirect_uris: ['https://app.example/cb'], token_endpoint_auth_method: 'none' };
  const answer = await send('POST', '/register', { 'content-type': 'application/json' }, JSON.stringify(metadata));
  expect(answer.status).toBe(201);
  const { client_id, registration_client_uri: uri } = JSON.parse(answer.body);
  expect(uri).toBe(`https://mcp.example.com/register/${client_id}`);
  return client_id;
}

const authorizePath = (clientId: string) =>
  `/authorize?response_type=code&client_id=${clientId}&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&code_challenge=${'A'.repeat(43)}&code_challenge_method=S256`;

/** What a browser sends back of what it was told to keep. */
const pairs = (cookies: readonly string[]): string => cookies.map((line) => line.split(';')[0]).join('; ');

/** Signs in with every cookie sent everywhere. Resolves with the consent page and each cookie that was set on the way. */
async function signInAs(username: keyof typeof PASSWORDS, clientId: string) {
  const start = await send('GET', authorizePath(clientId));
  const place = String(start.headers.location);
  const page = await send('GET', place, { cookie: pairs(start.cookies) });
  const form = /name="form" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
  const fields = new URLSearchParams({ form, username, password: PASSWORDS[username] });
  const headers = { 'content-type': 'application/x-www-form-urlencoded', origin: 'https://mcp.example.com' };
  const posted = await send(
    'POST',
    `${place}/sign-in`,
    { ...headers, cookie: pairs(start.cookies) },
    fields.toString(),
  );
  const sent = [...start.cookies, ...posted.cookies];
  const resumed = await send('GET', new URL(String(posted.headers.location), 'https://mcp.example.com').pathname, {
    cookie: pairs(sent),
  });
  const consent = await send('GET', String(resumed.headers.location), {
    cookie: pairs([...resumed.cookies, ...posted.cookies]),
  });
  return { account: consent.body, cookies: [...sent, ...resumed.cookies] };
}

describe('a host that is published as https', () => {
  it('CO-11 sets cookies that no script, no plain connection and no sibling host can read or plant', async () => {
    const clientId = await register();
    const { account, cookies } = await signInAs('ada', clientId);
    expect(account).toContain('ada');
    expect(cookies.some((cookie) => cookie.startsWith('__Host-gatehouse_session='))).toBe(true);
    const kept = cookies.filter((cookie) => !/expires=Thu, 01 Jan 1970/i.test(cookie));
    expect(kept.length).toBeGreaterThan(2);
    for (const cookie of kept) {
      expect(cookie).toMatch(/^__(Host|Secure)-gatehouse_/);
      expect(cookie).toMatch(/; secure/i);
      expect(cookie).toMatch(/; httponly/i);
      expect(cookie).toMatch(/; samesite=lax/i);
      expect(cookie).not.toMatch(/domain=/i);
      if (cookie.startsWith('__Host-')) expect(cookie).toMatch(/; path=\/(;|$)/i);
    }
  });

  it('CO-11 sets none before a request that a known client made well', async () => {
    const clientId = await register();
    for (const path of [
      '/authorize',
      authorizePath('client_none'),
      `${authorizePath(clientId)}&response_mode=fragment`,
      '/jwks',
      '/.well-known/oauth-authorization-server',
    ]) {
      expect([path, (await send('GET', path)).cookies]).toEqual([path, []]);
    }
  });

  it('CO-11 does not know a twin of its cookie under the name without a prefix', async () => {
    const clientId = await register();
    const start = await send('GET', authorizePath(clientId));
    const cookies = pairs(start.cookies);
    const uid = /__(?:Host|Secure)-gatehouse_interaction=([^;]+)/.exec(cookies)?.[1] ?? '';
    expect([start.status, uid.length > 20]).toEqual([303, true]);
    const twin = cookies.replaceAll(/__(?:Host|Secure)-/g, '');
    const page = (cookie: string) => send('GET', `/interaction/${uid}`, { cookie, accept: 'text/html' });
    expect((await page(twin)).status).toBe(403);
    expect((await page(cookies)).status).toBe(200);
  });

  it('MD-05 says https whatever the proxy says, and asks browsers to stay with it', async () => {
    const headers = { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'evil.test', 'x-forwarded-for': '1.2.3.4' };
    for (const path of [
      '/.well-known/oauth-authorization-server',
      '/.well-known/oauth-protected-resource/echo/mcp',
      '/echo/mcp',
      '/sign-out',
    ]) {
      const [plain, forged] = [await send('GET', path), await send('GET', path, headers)];
      expect([path, forged.status, forged.headers['www-authenticate']]).toEqual([
        path,
        plain.status,
        plain.headers['www-authenticate'],
      ]);
      expect(forged.headers['strict-transport-security']).toMatch(/max-age=\d{7,}/);
      expect(forged.body).not.toMatch(/evil|http:\/\/mcp/);
    }
  });

  it('MD-04 MC-24 answers to its own name alone: not to localhost, an address or a sibling', async () => {
    for (const name of [
      'localhost',
      `localhost:${port}`,
      '127.0.0.1',
      'example.com',
      'mcp.example.com.evil.test',
      'mcp.example.com:8443',
    ]) {
      const answer = await send('GET', '/jwks', { host: name });
      expect([name, answer.status]).toEqual([name, 421]);
    }
    expect((await send('GET', '/jwks')).status).toBe(200);
  });

  it('RG-20 DS-12 counts registrations by the hop that the proxy tells, not by what was sent to it', async () => {
    const metadata = JSON.stringify({ redirect_uris: ['https://app.example/cb'], token_endpoint_auth_method: 'none' });
    const from = (...hops: string[]) =>
      send('POST', '/register', { 'content-type': 'application/json', 'x-forwarded-for': hops.join(', ') }, metadata);
    let last: Answer | undefined;
    for (let count = 0; count <= 100; count++) last = await from(`10.${count}.0.1`, 'garbage%eth0', '203.0.113.7');
    expect([last?.status, Number(last?.headers['retry-after']) > 0]).toEqual([429, true]);
    expect((await from('203.0.113.7', '::ffff:203.0.113.7')).status).toBe(429);
    expect((await from('203.0.113.7', '203.0.113.8')).status).toBe(201);
  });
});
