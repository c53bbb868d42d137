import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { SSEServerTransport } from '@modelcontextprotocol/sdk/server/sse.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { bearerToken } from '../../src/client/fixed-credentials.ts';

/** A server of 2024-11-05: a stream at one URL, messages at another. */
function olderServer(seen: (string | undefined)[]): Server {
  const transports = new Map<string, SSEServerTransport>();
  return createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://localhost');
    if (url.pathname === '/sse' && request.method === 'GET') {
      seen.push(request.headers.authorization);
      const server = new McpServer({ name: 'older', version: '1' });
      server.registerTool('hello', {}, () => ({ content: [{ type: 'text', text: 'hello' }] }));
      const transport = new SSEServerTransport('/messages', response);
      transports.set(transport.sessionId, transport);
      return server.connect(transport);
    }
    const transport = transports.get(url.searchParams.get('sessionId') ?? '');
    if (transport === undefined) return void response.writeHead(405).end();
    seen.push(request.headers.authorization);
    await transport.handlePostMessage(request, response);
  });
}

describe('a server that only speaks HTTP+SSE', () => {
  const seen: (string | undefined)[] = [];
  const server = olderServer(seen);
  let url: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sse`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it.each([
    ['found out', (at: string) => at],
    ['named', (at: string) => ({ url: at, type: 'sse' as const })],
  ])('is spoken to all the same, where its transport is %s', async (_, target) => {
    seen.length = 0;
    await using client = await connect(target(url), { auth: bearerToken('t') });
    expect((await client.listTools()).map(({ name }) => name)).toEqual(['hello']);
    expect((await client.callTool('hello')).content).toEqual([{ type: 'text', text: 'hello' }]);
    expect(new Set(seen)).toEqual(new Set(['Bearer t']));
  });

  it('is not tried where the target says that it is not that', async () => {
    await expect(connect({ url, type: 'http' })).rejects.toMatchObject({ data: { status: 405 } });
  });
});
