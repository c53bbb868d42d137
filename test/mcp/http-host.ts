import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { Clock } from '../../src/core/clock.ts';
import { silentLog } from '../../src/core/log.ts';
import type { Principal } from '../../src/core/principal.ts';
import { createEndpoint, type Endpoint } from '../../src/mcp/endpoint.ts';
import type { Mountable } from '../../src/mcp/mountable.ts';
import { exchange } from './callers.ts';

/** A definition on a real port; the bearer token is the name of the caller. */
export interface HttpHost {
  readonly url: URL;
  close(): Promise<void>;
}

/** Listens on a free port and plays the host for the callers in `principals`. */
export async function listen(
  definition: Mountable,
  principals: Readonly<Record<string, Principal>>,
  clock?: Clock,
): Promise<HttpHost> {
  const endpoint = createEndpoint(definition, { log: silentLog, ...(clock && { clock }) });
  const server = createServer((request, response) => {
    const principal = principals[request.headers.authorization?.replace('Bearer ', '') ?? ''];
    if (principal === undefined) return void response.writeHead(401).end();
    answer(definition, endpoint, principal, request, response).catch((error) => response.destroy(error));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`),
    close: async () => {
      await endpoint.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(
  definition: Mountable,
  endpoint: Endpoint,
  principal: Principal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
  const text = Buffer.concat(chunks).toString();
  const result = endpoint.httpMethods.includes(request.method ?? '')
    ? await exchange(
        definition,
        endpoint,
        { httpMethod: request.method, message: text === '' ? undefined : JSON.parse(text), headers },
        { principal, requestId: crypto.randomUUID(), signal: gone.signal },
      )
    : new Response(null, { status: 405, headers: { allow: endpoint.httpMethods.join(', ') } });
  response.writeHead(result.status, Object.fromEntries(result.headers));
  if (result.body === null) return void response.end();
  response.flushHeaders();
  await pipeline(Readable.fromWeb(result.body as ReadableStream), response).catch(() => response.destroy());
}
