import express from 'express';
import { afterEach, describe, expect, it } from 'vitest';
import { type PlacedHost, startPlacedHost } from '../support/placed-host.ts';
import { ask, callTool, postJson } from '../support/plain-http.ts';
import { signIn } from '../support/signed-in.ts';

let placed: PlacedHost;
afterEach(() => placed.close());

/** Signs in and calls a tool. */
async function status(): Promise<number> {
  const { access } = await signIn(placed.url);
  return (await callTool(`${placed.url}/notes/mcp`, access, 'list_notes')).status;
}

describe('a host in the app of somebody else', () => {
  it('serves its whole flow from the root of that app, and leaves every other path to it', async () => {
    placed = await startPlacedHost({
      path: '/mcp-host',
      into: (app, { router }) =>
        app.use(router).use((request, response) => {
          response.json({ theirs: request.originalUrl });
        }),
    });
    expect(await status()).toBe(200);
    for (const path of [
      '/',
      '/authorize',
      '/mcp-host',
      '/mcp-host/',
      '/mcp-host/other',
      '/Mcp-Host/notes/mcp',
      '/healthz',
    ]) {
      const answer = await ask(`${placed.origin}${path}`);
      expect([answer.status, answer.body]).toEqual([200, { theirs: path }]);
      expect(answer.headers.has('content-security-policy')).toBe(false);
    }
  });

  it('serves its endpoints where the router is put below a path, too', async () => {
    placed = await startPlacedHost({
      path: '/mcp-host',
      into: (app, { router }) =>
        app.use('/mcp-host', router).use('/mcp-host', (request, response) => {
          response.json({ theirs: request.url, below: request.baseUrl });
        }),
    });
    expect(await status()).toBe(200);
    const other = await ask(`${placed.origin}/mcp-host/other?a=1`);
    expect(other.body).toEqual({ theirs: '/other?a=1', below: '/mcp-host' });
  });

  it('takes bodies that parsers of that app have read', async () => {
    placed = await startPlacedHost({
      into: (app, { router }) => app.use(express.json(), express.urlencoded({ extended: true }), router),
    });
    expect(await status()).toBe(200);
    const { access } = await signIn(placed.url);
    const headers = { authorization: `Bearer ${access}`, accept: 'application/json, text/event-stream' };
    const batch = await postJson(`${placed.url}/notes/mcp`, [{ jsonrpc: '2.0', id: 1, method: 'tools/list' }], headers);
    expect([batch.status, batch.body.error]).toMatchObject([400, { code: -32600 }]);
  });

  it('takes bodies that a parser of that app has left as bytes', async () => {
    placed = await startPlacedHost({
      into: (app, { router }) => app.use(express.raw({ type: 'application/json' }), router),
    });
    expect(await status()).toBe(200);
  });
});
