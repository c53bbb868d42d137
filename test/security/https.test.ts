import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { echo } from '../../examples/demo/echo.ts';
import { local } from '../../providers/local.ts';
import { createHost, type Host } from '../../src/host/create-host.ts';
import { generateFernetKey } from '../../src/store/fernet.ts';
import { type RawAnswer, sendRaw } from '../support/raw-http.ts';

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
  };
  host = createHost({ auth: local(), shutdownGrace: 0, logLevel: 'silent', ...settings });
  host.mount('/echo', echo());
  await host.start();
  server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  port = (server.address() as AddressInfo).port;
  host.attach(server);
});
afterAll(() => host.close());

async function send(method: string, path: string, headers: readonly string[] = [], body = ''): Promise<RawAnswer> {
  const lines = [
    `${method} ${path} HTTP/1.1`,
    'Host: mcp.example.com',
    'Connection: close',
    ...headers,
    `Content-Length: ${body.length}`,
    '',
    body,
  ];
  const [answer] = await sendRaw(port, lines.join('\r\n'));
  if (answer === undefined) throw new Error(`No answer to ${path}.`);
  return answer;
}

async function register(): Promise<string> {
  const metadata = { redirect_uris: ['https://app.example/cb'], token_endpoint_auth_method: 'none' };
  const answer = await send('POST', '/register', ['Content-Type: application/json'], JSON.stringify(metadata));
  expect(answer.status).toBe(201);
  const { client_id, registration_client_uri: uri } = JSON.parse(answer.body);
  expect(uri).toBe(`https://mcp.example.com/register/${client_id}`);
  return client_id;
}

const authorizePath = (clientId: string) =>
  `/authorize?response_type=code&client_id=${clientId}&redirect_uri=https%3A%2F%2Fapp.example%2Fcb&code_challenge=${'A'.repeat(43)}&code_challenge_method=S256`;

describe('a host that is published as https', () => {
  it('CO-11 sets cookies that no script, no plain connection and no sibling host can read or plant', async () => {
    const clientId = await register();
    const cookies = await cookiesOf(
      `GET ${authorizePath(clientId)} HTTP/1.1\r\nHost: mcp.example.com\r\nConnection: close\r\n\r\n`,
    );
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
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
      expect([path, (await send('GET', path)).headers.has('set-cookie')]).toEqual([path, false]);
    }
  });

  it('CO-11 does not know a twin of its cookie under the name without a prefix', async () => {
    const clientId = await register();
    const request = `GET ${authorizePath(clientId)} HTTP/1.1\r\nHost: mcp.example.com\r\nConnection: close\r\n\r\n`;
    const cookies = (await cookiesOf(request)).map((line) => line.split(';')[0] ?? '');
    const start = await send(
      'GET',
      authorizePath(clientId),
      cookies.map((cookie) => `Cookie: ${cookie}`),
    );
    const uid = /__(?:Host|Secure)-gatehouse_interaction=([^;]+)/.exec(cookies.join('; '))?.[1] ?? '';
    expect([start.status, uid.length > 20]).toEqual([303, true]);
    const twin = cookies.join('; ').replaceAll(/__(?:Host|Secure)-/g, '');
    const page = (cookie: string) => send('GET', `/interaction/${uid}`, [`Cookie: ${cookie}`, 'Accept: text/html']);
    expect((await page(twin)).status).toBe(403);
    expect((await page(cookies.join('; '))).status).toBe(200);
  });

  it('MD-05 says https whatever the proxy says, and asks browsers to stay with it', async () => {
    const headers = ['X-Forwarded-Proto: http', 'X-Forwarded-Host: evil.test', 'X-Forwarded-For: 1.2.3.4'];
    for (const path of [
      '/.well-known/oauth-authorization-server',
      '/.well-known/oauth-protected-resource/echo/mcp',
      '/echo/mcp',
      '/sign-out',
    ]) {
      const [plain, forged] = [await send('GET', path), await send('GET', path, headers)];
      expect([path, forged.status, forged.headers.get('www-authenticate')]).toEqual([
        path,
        plain.status,
        plain.headers.get('www-authenticate'),
      ]);
      expect(forged.headers.get('strict-transport-security')).toMatch(/max-age=\d{7,}/);
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
      const [answer] = await sendRaw(port, `GET /jwks HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`);
      expect([name, answer?.status]).toEqual([name, 421]);
    }
    expect((await send('GET', '/jwks')).status).toBe(200);
  });

  it('RG-20 DS-12 counts registrations by the hop that the proxy tells, not by what was sent to it', async () => {
    const metadata = JSON.stringify({ redirect_uris: ['https://app.example/cb'], token_endpoint_auth_method: 'none' });
    const from = (...hops: string[]) =>
      send('POST', '/register', ['Content-Type: application/json', `X-Forwarded-For: ${hops.join(', ')}`], metadata);
    let last: RawAnswer | undefined;
    for (let count = 0; count <= 100; count++) last = await from(`10.${count}.0.1`, 'garbage%eth0', '203.0.113.7');
    expect([last?.status, Number(last?.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect((await from('203.0.113.7', '::ffff:203.0.113.7')).status).toBe(429);
    expect((await from('203.0.113.7', '203.0.113.8')).status).toBe(201);
  });
});

/** Every Set-Cookie line of the answer: raw answers keep one header of a name. */
async function cookiesOf(request: string): Promise<readonly string[]> {
  const { connect } = await import('node:net');
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ port, host: 'localhost' }, () => socket.write(request));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('error', reject);
    socket.on('close', () => resolve([...text.matchAll(/^set-cookie: (.*?)\r$/gim)].map(([, line]) => line ?? '')));
  });
}
