import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { type KeyedHost, startKeyedHost } from '../support/keyed-host.ts';
import { sendRaw } from '../support/raw-http.ts';

let ran = 0;
let world: KeyedHost;

const server = () =>
  defineServer({
    name: 'notes',
    version: '1.0.0',
    scopes: { 'notes:read': 'Read' },
    defaultScopes: ['notes:read'],
  }).tool('count', { description: 'Counts how often it ran', scopes: ['notes:read'] }, () => {
    ran += 1;
    return 'ran';
  });

beforeAll(async () => {
  world = await startKeyedHost((host) => host.mount('/a', server()).mount('/b', server()));
});
afterAll(() => world.close());
beforeEach(() => {
  ran = 0;
});

const CALL = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'count', arguments: {} } });
const BARE = () =>
  `Bearer resource_metadata="${world.url}/.well-known/oauth-protected-resource/a/mcp", scope="notes:read"`;

function request(headers: readonly string[], { path = '/a/mcp', method = 'POST', body = CALL } = {}): string {
  const lines = [
    `Host: localhost:${world.port}`,
    'Content-Type: application/json',
    'Accept: application/json, text/event-stream',
  ];
  return [
    `${method} ${path} HTTP/1.1`,
    ...lines,
    ...headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

const send = async (headers: readonly string[], options = {}) => {
  const [answer] = await sendRaw(world.port, request(headers, options));
  if (answer === undefined) throw new Error('The server closed without an answer.');
  return answer;
};

describe('the bearer gate on the wire', () => {
  it('BH-01 answers a call without credentials with a bare challenge', async () => {
    const answer = await send([]);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toBe(BARE());
    expect(ran).toBe(0);
  });

  it('runs the call of a caller who may', async () => {
    const answer = await send(['Authorization: Bearer reader']);
    expect(answer.status).toBe(200);
    expect(ran).toBe(1);
  });

  it('BH-02 takes a foreign scheme for no credentials', async () => {
    for (const scheme of ['Basic dTpw', 'Digest a=b', 'DPoP reader', 'Negotiate x', 'Token reader']) {
      const answer = await send([`Authorization: ${scheme}`]);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, BARE()]);
    }
    expect(ran).toBe(0);
  });

  it('BH-05 refuses two Authorization lines in either order', async () => {
    for (const pair of [
      ['reader', 'stranger'],
      ['stranger', 'reader'],
    ]) {
      const answer = await send(pair.map((token) => `Authorization: Bearer ${token}`));
      expect(answer.status).toBe(400);
      expect(JSON.parse(answer.body)).toMatchObject({ error: 'invalid_request' });
    }
    expect(ran).toBe(0);
  });

  it('BH-07 BH-09 finds no token anywhere but in the header', async () => {
    const places = [
      'Cookie: access_token=reader',
      'X-Forwarded-Authorization: Bearer reader',
      'Proxy-Authorization: Bearer reader',
      'X-Access-Token: reader',
      'X-User-Id: alice',
    ];
    for (const place of places) expect((await send([place])).headers.get('www-authenticate')).toBe(BARE());
    const query = await send([], { path: '/a/mcp?access_token=reader' });
    expect([query.status, query.headers.get('www-authenticate')]).toEqual([401, BARE()]);
    expect(world.logged.join('')).not.toContain('access_token=');
    expect(ran).toBe(0);
  });

  it('BH-08 refuses a token in the header and the query together', async () => {
    expect((await send(['Authorization: Bearer reader'], { path: '/a/mcp?access_token=reader' })).status).toBe(400);
    expect(ran).toBe(0);
  });

  it('BH-10 refuses an oversized token without asking a verifier, and a header beyond the limit with 431', async () => {
    const before = world.seen.length;
    expect((await send([`Authorization: Bearer ${'x'.repeat(12_000)}`])).status).toBe(401);
    expect((await send([`Authorization: Bearer ${'x'.repeat(20_000)}`])).status).toBe(431);
    expect(world.seen.length).toBe(before);
  });

  it('BH-11 leaves line breaks and NUL in a header to the parser, which refuses them', async () => {
    for (const value of ['Bearer rea\0der', 'Bearer reader\n X: y', 'Bearer reader\r\n folded']) {
      expect((await send([`Authorization: ${value}`])).status).toBe(400);
    }
    expect(ran).toBe(0);
  });

  it('BH-13 BH-17 challenges every method, and allows POST alone to a caller who may', async () => {
    for (const method of ['GET', 'DELETE', 'PUT', 'OPTIONS', 'PATCH']) {
      expect((await send(['X-HTTP-Method-Override: POST'], { method, body: '' })).status).toBe(401);
      const answer = await send(['Authorization: Bearer reader', 'X-HTTP-Method-Override: POST'], { method, body: '' });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    }
    expect(ran).toBe(0);
  });

  it('BH-14 asks for the token in every request of a connection', async () => {
    const both = request(['Authorization: Bearer reader']) + request([]);
    const [first, second] = await sendRaw(world.port, both, 2);
    expect([first?.status, second?.status]).toEqual([200, 401]);
    expect(ran).toBe(1);
  });

  it('BH-15 reaches no handler by another spelling of the path', async () => {
    const spellings = [
      '/A/MCP',
      '/a/MCP',
      '/a/mcp/',
      '/a//mcp',
      '//a/mcp',
      '/a/./mcp',
      '/a/mcp/../mcp',
      '/b/../a/mcp',
      '/a/%6dcp',
      '/a/mcp%2f',
      '/a/mcp%3F/x',
      '/a/mcp;x',
      '/a\\mcp',
      `http://localhost:${world.port}/a/mcp`,
    ];
    for (const path of spellings) {
      for (const headers of [[], ['Authorization: Bearer reader']]) {
        const answer = await send(headers, { path });
        expect([path, [400, 401, 404].includes(answer.status)]).toEqual([path, true]);
      }
    }
    expect(ran).toBe(0);
  });

  it('BH-16 refuses by the headers alone, and does not drain what was refused', async () => {
    const huge = `POST /a/mcp HTTP/1.1\r\nHost: localhost:${world.port}\r\nAuthorization: Bearer stranger\r\nContent-Type: text/plain\r\nContent-Length: 1000000000\r\n\r\n{"not json`;
    const [answer] = await sendRaw(world.port, huge);
    expect(answer?.status).toBe(401);
    expect(answer?.headers.get('connection')).toBe('close');
  });

  it('MD-11 XM-01 names the resource of the mount that was called', async () => {
    const answer = await send([], { path: '/b/mcp' });
    expect(answer.headers.get('www-authenticate')).toContain('/.well-known/oauth-protected-resource/b/mcp"');
  });

  it('answers 503 with Retry-After and no challenge when the provider is down', async () => {
    const answer = await send(['Authorization: Bearer down']);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(answer.headers.has('www-authenticate')).toBe(false);
  });

  it('DS-09 never lets a smuggled second request through', async () => {
    const smuggled = `GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n`;
    const head = `POST /a/mcp HTTP/1.1\r\nHost: localhost:${world.port}\r\nContent-Type: application/json\r\n`;
    for (const framing of [
      'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
      'Content-Length: 5\r\nContent-Length: 6\r\n\r\n12345',
    ]) {
      const answers = await sendRaw(world.port, head + framing + smuggled, 2);
      expect(answers.map(({ status }) => status)).toEqual([400]);
    }
  });

  it('DS-09 refuses bare line feeds and endless chunk extensions, and is talked into no other protocol', async () => {
    const good = request(['Authorization: Bearer reader']);
    const [bare] = await sendRaw(world.port, good.replaceAll('\r\n', '\n'));
    expect(bare?.status).toBe(400);
    const chunked = good.replace(/Content-Length: \d+/, 'Transfer-Encoding: chunked').replace(CALL, '');
    const [extended] = await sendRaw(world.port, `${chunked}1;${'x'.repeat(1_000_000)}\r\n{\r\n0\r\n\r\n`);
    expect(extended?.status).toBe(413);
    expect(ran).toBe(0);
    const upgrade = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'];
    const [upgraded] = await sendRaw(world.port, request(['Authorization: Bearer reader', ...upgrade]));
    expect(upgraded?.status).toBe(200);
    const expecting = request(['Authorization: Bearer reader', 'Expect: 100-continue']);
    const answers = await sendRaw(world.port, expecting + request([]), 3);
    expect(answers.map(({ status }) => status)).toEqual([100, 200, 401]);
    expect(ran).toBe(2);
  });
});
