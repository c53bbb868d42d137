import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { rateLimit } from '../../src/mcp/middleware/index.ts';
import { type KeyedHost, startKeyedHost } from '../support/keyed-host.ts';

let world: KeyedHost;
const told: unknown[] = [];

const notes = () =>
  defineServer({ name: 'notes', version: '1.0.0', scopes: { 'notes:read': 'Read', 'notes:write': 'Write' } })
    .use({
      async callTool({ name, context }, next) {
        told.push([name, context.http?.headers.get('x-tenant'), context.http?.headers.get('authorization')]);
        return next();
      },
    })
    .resource('note://{id}', { scopes: ['notes:write'] }, ({ id }) => `note ${id}`)
    .tool('copy', { description: 'Copies', scopes: ['notes:read'] }, async (_, { read, http }) => ({
      copied: (await read('note://7')).contents,
      url: http?.url,
    }));

beforeAll(async () => {
  world = await startKeyedHost((host) => {
    host.mount('/notes', notes());
    const limit = rateLimit({ calls: 1, seconds: 60, burst: 1 });
    host.mount(
      '/slow',
      defineServer({ name: 'slow', version: '1.0.0' })
        .use(limit)
        .tool('t', { description: 'T', scopes: [] }, () => 'done'),
    );
  });
});
afterAll(() => world.close());

const call = (path: string, token: string, method: string, params: object = {}) =>
  fetch(`${world.url}${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'x-tenant': 'blue',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
  });

describe('a mount within middleware', () => {
  it('tells middleware and handlers of the HTTP request, without credentials', async () => {
    const answer = await call('/notes/mcp', 'writer', 'tools/call', { name: 'copy' });
    const { result } = (await answer.json()) as { readonly result: { readonly structuredContent: object } };
    expect([answer.status, result.structuredContent]).toMatchObject([
      200,
      { copied: [{ text: 'note 7' }], url: `${world.url}/notes/mcp` },
    ]);
    expect(told).toEqual([['copy', 'blue', null]]);
  });

  it('challenges a caller for what a handler reads on the way', async () => {
    const answer = await call('/notes/mcp', 'reader', 'tools/call', { name: 'copy' });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
    expect(answer.headers.get('www-authenticate')).toContain('scope="notes:read notes:write"');
  });

  it('answers 429 with the wait where middleware limits, to what is an operation and to what is none', async () => {
    expect((await call('/slow/mcp', 'reader', 'tools/call', { name: 't' })).status).toBe(200);
    for (const method of ['tools/call', 'tools/list', 'ping']) {
      const answer = await call('/slow/mcp', 'reader', method, method === 'tools/call' ? { name: 't' } : {});
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([429, 'no-store']);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(50);
      expect(await answer.json()).toMatchObject({
        error: { code: -32000, message: 'Too many requests. Try again later.' },
      });
    }
    expect((await call('/slow/mcp', 'writer', 'tools/call', { name: 't' })).status).toBe(200);
  });
});
