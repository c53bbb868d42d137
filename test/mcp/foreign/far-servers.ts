import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toNodeHandler } from '@modelcontextprotocol/node';
import type { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { createMcpHandler, type McpServer } from '@modelcontextprotocol/server';

/** A server of somebody else on a real port, and what it was sent. */
export interface FarServer {
  readonly url: string;
  /** The headers of every request so far. */
  readonly seen: IncomingMessage['headers'][];
  /** Decides on a request before the server does: true where it has answered. */
  before: RequestListener | undefined;
  /** Forgets every session, as one that is started anew does. */
  forget(): void;
  close(): Promise<void>;
  /** Listens again, at the same port. */
  reopen(): Promise<void>;
}

/** A server of 2026-07-28, each request by itself; the transport of version 2 of the SDK. */
export function modernServer(make: () => McpServer): Promise<FarServer & { changed(): void }> {
  const handler = createMcpHandler(make, { legacy: 'reject' });
  const far = listening(toNodeHandler(handler) as RequestListener, () => undefined);
  return far.then((server) => Object.assign(server, { changed: () => handler.notify.toolsChanged() }));
}

/** A server of 2025-11-25 with sessions; the transport of version 1 of the SDK. */
export function olderServer(make: () => McpServerV1): Promise<FarServer & { readonly made: McpServerV1[] }> {
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const made: McpServerV1[] = [];
  const far = listening(
    async (request, response) => {
      const id = request.headers['mcp-session-id'];
      const known = sessions.get(String(id));
      if (known !== undefined) return known.handleRequest(request, response);
      if (id !== undefined) return void response.writeHead(404).end();
      const transport = new StreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized(session) {
          sessions.set(session, transport);
          made.push(server);
        },
      });
      const server = make();
      await server.connect(transport as Parameters<typeof server.connect>[0]);
      await transport.handleRequest(request, response);
    },
    () => sessions.clear(),
  );
  return far.then((server) => Object.assign(server, { made }));
}

async function listening(listener: RequestListener, forget: () => void): Promise<FarServer> {
  const server: Server = createServer((request, response) => {
    far.seen.push(request.headers);
    far.before?.(request, response);
    if (!response.writableEnded) listener(request, response);
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const far: FarServer = {
    url: `http://127.0.0.1:${port}/mcp`,
    seen: [],
    before: undefined,
    forget,
    async close() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
    reopen: () => listen(port),
  };
  return far;
}
