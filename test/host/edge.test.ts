import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { type KeyedHost, startKeyedHost } from '../support/keyed-host.ts';
import { sendRaw } from '../support/raw-http.ts';

let world: KeyedHost;
let single: KeyedHost;

const server = (name: string) =>
  defineServer({ name, version: '1.0.0', scopes: { 'notes:read': 'Read' } }).tool(
    'hello',
    { description: 'Greets', scopes: ['notes:read'] },
    () => 'hello',
  );

beforeAll(async () => {
  world = await startKeyedHost(
    (host) => {
      host.mount('/a', server('a')).mount('/b', server('b'));
      host.app.get('/mine', (_request, response) => {
        response.send('mine');
      });
    },
    { bodyLimit: 4096 },
  );
  single = await startKeyedHost((host) => host.mount('/a', server('a')));
});
afterAll(async () => {
  await world.close();
  await single.close();
});

const call = (headers: Record<string, string> = {}, body: string | undefined = undefined) =>
  fetch(`${world.url}/a/mcp`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer reader',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: body ?? JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'hello' } }),
  });

describe('metadata', () => {
  it('MD-01 describes a mount at its path-inserted URL, byte for byte', async () => {
    const response = await fetch(`${world.url}/.well-known/oauth-protected-resource/a/mcp`);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(await response.json()).toEqual({
      resource: `${world.url}/a/mcp`,
      resource_name: 'a',
      bearer_methods_supported: ['header'],
      scopes_supported: ['notes:read'],
      scope_descriptions: { 'notes:read': 'Read' },
    });
  });

  it('MD-02 is not found under any other spelling', async () => {
    const base = '/.well-known/oauth-protected-resource';
    for (const path of ['/a/mcp/extra', '/A/MCP', '/a/mcp/', '/a/mcpX', '/a%2fmcp', '/a/mcp/../../b/mcp', '/nope']) {
      const [answer] = await sendRaw(
        world.port,
        `GET ${base}${path} HTTP/1.1\r\nHost: localhost:${world.port}\r\n\r\n`,
      );
      expect([path, answer?.status]).toEqual([path, 404]);
    }
  });

  it('MD-03 has a root document only where there is one mount', async () => {
    expect((await fetch(`${world.url}/.well-known/oauth-protected-resource`)).status).toBe(404);
    const only = await fetch(`${single.url}/.well-known/oauth-protected-resource`);
    expect(await only.json()).toMatchObject({ resource: `${single.url}/a/mcp` });
  });

  it('MD-10 allows reading only', async () => {
    const url = `${world.url}/.well-known/oauth-protected-resource/a/mcp`;
    const answer = await fetch(url, { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin: 'null' } });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.has('access-control-allow-credentials')).toBe(false);
  });
});

describe('host names', () => {
  const ask = (path: string, hosts: readonly string[], more: readonly string[] = []) =>
    sendRaw(
      world.port,
      [`GET ${path} HTTP/1.1`, ...hosts.map((host) => `Host: ${host}`), ...more, '', ''].join('\r\n'),
    );

  it('MD-04 MC-24 answers for its own name alone', async () => {
    for (const path of ['/.well-known/oauth-protected-resource/a/mcp', '/a/mcp', '/mine']) {
      for (const hosts of [
        ['evil.test'],
        ['evil.test:443'],
        ['localhost.evil'],
        [`localhost:${world.port}`, 'evil.test'],
        [],
      ]) {
        const [answer] = await ask(path, hosts);
        expect([path, hosts, [400, 421].includes(answer?.status ?? 0)]).toEqual([path, hosts, true]);
        expect(JSON.stringify([...(answer?.headers ?? [])]) + answer?.body).not.toContain('evil');
      }
    }
  });

  it('MD-05 derives nothing from forwarded headers', async () => {
    const path = '/.well-known/oauth-protected-resource/a/mcp';
    const own = [`localhost:${world.port}`];
    const forged = [
      'X-Forwarded-Host: evil.test',
      'X-Forwarded-Proto: ftp',
      'X-Forwarded-Port: 1',
      'X-Forwarded-Prefix: /evil',
      'Forwarded: host=evil.test',
      'X-Original-URL: /evil',
      'X-Rewrite-URL: /evil',
      'X-Host: evil.test',
    ];
    const [plain] = await ask(path, own);
    const [forwarded] = await ask(path, own, forged);
    expect(forwarded?.body).toBe(plain?.body);
    const [challenge] = await ask('/a/mcp', own, forged);
    expect(challenge?.headers.get('www-authenticate')).not.toContain('evil');
  });

  it('answers health checks by any name', async () => {
    const [answer] = await ask('/healthz', ['10.0.0.7:8080']);
    expect([answer?.status, answer?.body]).toEqual([200, '{"status":"ok"}']);
    expect((await fetch(`${world.url}/readyz`)).status).toBe(200);
  });
});

describe('web origins', () => {
  it('MC-24 refuses a foreign or opaque origin and lets the others through', async () => {
    for (const origin of ['https://evil.test', 'null', 'http://localhost.evil.test']) {
      expect((await call({ origin })).status).toBe(403);
    }
    expect((await call({ origin: 'http://localhost:6274' })).status).toBe(200);
    expect((await call()).status).toBe(200);
  });

  it('lets a browser read every refusal', async () => {
    const origin = 'http://localhost:6274';
    const answers = [
      await call({ origin, authorization: '' }),
      await fetch(`${world.url}/a/mcp`, { headers: { origin, authorization: 'Bearer reader' } }),
      await call({ origin, authorization: 'Bearer nobody' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 405, 403]);
    for (const { headers } of answers) {
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
      expect(headers.get('vary')).toContain('Origin');
    }
  });

  it('names Authorization in the answer to a preflight', async () => {
    const headers = {
      origin: 'http://localhost:6274',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,mcp-param-region',
    };
    const preflight = await fetch(`${world.url}/a/mcp`, { method: 'OPTIONS', headers });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-headers')).toMatch(/Authorization,.*mcp-param-region/);
  });
});

describe('bodies', () => {
  it('MC-24 DS-01 takes JSON only, uncompressed, up to the limit', async () => {
    expect((await call({ 'content-type': 'text/plain' })).status).toBe(415);
    expect((await call({ 'content-encoding': 'gzip' })).status).toBe(415);
    const padded = (size: number) =>
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: {} }).padEnd(size);
    expect((await call({}, padded(4096))).status).toBe(200);
    expect((await call({}, padded(4097))).status).toBe(413);
  });

  it('PP-03 DS-03 refuses what is not strict UTF-8 JSON', async () => {
    for (const body of ['{', '\ufeff{}', '[1e', 'nul']) expect((await call({}, body)).status).toBe(400);
    const latin = await fetch(`${world.url}/a/mcp`, {
      method: 'POST',
      headers: { authorization: 'Bearer reader', 'content-type': 'application/json' },
      body: Buffer.from([0x22, 0xff, 0x22]),
    });
    expect(latin.status).toBe(400);
    expect((await call({}, '['.repeat(900))).status).toBe(400);
  });
});

describe('refusals', () => {
  it('MC-01 answers a call that needs more with 403 and every scope it needs', async () => {
    const answer = await call({ authorization: 'Bearer nobody' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toMatch(
      /error="insufficient_scope".*scope="notes:read"|scope="notes:read".*error="insufficient_scope"/,
    );
  });
});

describe('the app', () => {
  it('serves routes of its own beside the mounts, with the headers that guard every answer', async () => {
    const mine = await fetch(`${world.url}/mine`);
    expect(await mine.text()).toBe('mine');
    expect(mine.headers.get('x-content-type-options')).toBe('nosniff');
    expect(mine.headers.get('x-frame-options')).toBe('DENY');
    expect(mine.headers.has('x-powered-by')).toBe(false);
    expect(mine.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('reflects nothing of an address that is not there', async () => {
    const answer = await fetch(`${world.url}/<script>alert(1)</script>`);
    expect(answer.status).toBe(404);
    expect(await answer.text()).not.toContain('alert');
  });
});
