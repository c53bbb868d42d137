import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createListener } from '../../src/host/listener.ts';
import { ask, postForm } from '../support/plain-http.ts';
import { sendRaw } from '../support/raw-http.ts';
import { authorizeUrl, registerClient } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let world: World;
let port: number;

beforeAll(async () => {
  world = await startWorld({ settings: { storeUrl: 'memory:' } });
  port = Number(new URL(world.url).port);
});
afterAll(() => world.close());

const alive = async () => expect((await ask(`${world.url}/healthz`)).status).toBe(200);

describe('DS-05 more than anybody needs', () => {
  it('DS-05 is refused: parameters, cookies, scopes and long values', async () => {
    const client = await registerClient(world.url);
    const many = Array.from({ length: 10_000 }, (_, index): [string, string] => [`a${index}`, '1']);
    expect((await postForm(`${world.url}/token`, many)).status).toBe(400);
    const scope = Array.from({ length: 1000 }, (_, index) => `s${index}`).join(' ');
    const scopes = await ask(authorizeUrl(world.url, client, { scope }));
    expect(scopes.headers.get('location')).toContain('error=invalid_scope');
    expect((await ask(authorizeUrl(world.url, client, { state: 'x'.repeat(20_000) }))).status).toBe(431);
    const cookies = Array.from({ length: 1000 }, (_, index) => `gatehouse_${index}=1`).join('; ');
    const page = await ask(authorizeUrl(world.url, client), { headers: { cookie: cookies.slice(0, 14_000) } });
    expect(page.status).toBe(303);
    await alive();
  });
});

describe('DS-01 a body beyond the limit', () => {
  const endpoints = [
    ['/token', 'application/x-www-form-urlencoded'],
    ['/register', 'application/json'],
    ['/revoke', 'application/x-www-form-urlencoded'],
    ['/introspect', 'application/x-www-form-urlencoded'],
  ] as const;
  /** RFC 6749 §5.2 knows 400 for whatever is wrong with a form. */
  const statusAt = (path: string) => (path === '/register' ? 413 : 400);

  it.each(endpoints)('DS-01 is refused at %s by its declared length, before it is sent', async (path, type) => {
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: ${type}\r\nContent-Length: 999999999\r\n\r\n`;
    const [answer] = await sendRaw(port, head);
    expect(answer?.status).toBe(statusAt(path));
    await alive();
  });

  it.each(endpoints)('DS-01 is refused at %s when it comes in chunks without end', async (path, type) => {
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`;
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
    const [answer] = await sendRaw(port, head + chunk.repeat(10));
    expect(answer?.status).toBe(statusAt(path));
    await alive();
  });

  it('DS-01 is refused from its first byte beyond 128 KB on where it is a form, and looked at up to there', async () => {
    const filled = (size: number) => {
      const fields = Array.from({ length: 18 }, (_, index) => `a${index}=${'x'.repeat(7200)}`).join('&');
      return `${fields}&b=${'x'.repeat(size - fields.length - 3)}`;
    };
    const send = async (size: number) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      return (await ask(`${world.url}/token`, { method: 'POST', headers, body: filled(size) })).status;
    };
    expect([await send(131_072), await send(131_073)]).toEqual([401, 400]);
  });

  it.each(endpoints)('DS-01 is not unpacked at %s', async (path, type) => {
    const body = gzipSync(Buffer.alloc(2_000_000, 'a'));
    const answer = await ask(`${world.url}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type, 'content-encoding': 'gzip' },
    });
    expect([400, 413, 415]).toContain(answer.status);
  });
});

describe('DS-02 a connection that wants too long', () => {
  it('DS-02 is bounded in headers, requests and idle time by the listener', () => {
    const server = createListener();
    expect(server.headersTimeout).toBeLessThanOrEqual(30_000);
    expect(server.requestTimeout).toBeLessThanOrEqual(30_000);
    expect(server.keepAliveTimeout).toBeLessThanOrEqual(30_000);
    expect(server.maxHeadersCount).toBe(100);
    server.close();
  });

  it('DS-02 is ended with 408, a hundred of them at once, and everybody else is served meanwhile', async () => {
    const server = createListener({ headersTimeout: 300, requestTimeout: 600, connectionsCheckingInterval: 50 });
    server.on('request', (request, response) => {
      request.resume().once('end', () => response.end('served'));
    });
    server.listen(0, 'localhost');
    await once(server, 'listening');
    const { port: slow } = server.address() as AddressInfo;
    const heads = [
      'POST / HTTP/1.1\r\nHost: x\r\nX-Slow: ',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1',
    ];
    const attackers = Array.from({ length: 100 }, (_, index) => sendRaw(slow, heads[index % 2] ?? ''));
    const ended = Promise.all(attackers);
    expect((await ask(`http://localhost:${slow}/`, { method: 'POST', body: 'whole' })).text).toBe('served');
    expect(new Set((await ended).map(([answer]) => answer?.status))).toEqual(new Set([408]));
    server.closeAllConnections();
    server.close();
  });
});
