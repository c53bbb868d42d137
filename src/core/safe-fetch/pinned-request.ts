import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { FetchFailed } from './fetch-failed.ts';

/** Opens the socket to addresses that have been checked. No name is looked up again. */
export type Connect = (target: { readonly addresses: readonly string[]; readonly port: number }) => Socket;

/** What one request needs. The certificate is checked against `url`, whatever the address is. */
export interface PinnedRequest {
  readonly url: URL;
  readonly addresses: readonly string[];
  readonly connect: Connect;
  /** Certificate authorities (PEM) in place of the machine's. */
  readonly ca: string | undefined;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** What came back: the body as it was sent, at most `maxBytes` long. */
export interface FetchAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** Tries the given addresses in turn and no other. */
export const connectPinned: Connect = ({ addresses, port }) =>
  connectSocket({
    host: 'pinned.invalid',
    port,
    autoSelectFamily: true,
    lookup: (_host, _options, done) =>
      done(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      ),
  });

/** One GET over TLS to a pinned address; no redirect, no content coding, no cookie. Rejects with `FetchFailed`. */
export async function requestPinned(wanted: PinnedRequest): Promise<FetchAnswer> {
  const { url, addresses, connect, ca, maxBytes, signal } = wanted;
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const socket = connect({ addresses, port: Number(url.port || 443) });
  const secure = connectTls({
    socket,
    host,
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
  });
  try {
    const response = await send(url, () => secure, signal);
    return {
      status: response.statusCode ?? 0,
      headers: readHeaders(response),
      body: await readBody(response, maxBytes),
    };
  } finally {
    secure.destroy();
    socket.destroy();
  }
}

function send(url: URL, createConnection: () => Socket, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'mcp-gatehouse' };
    const request = httpsRequest(url, { createConnection, defaultPort: 443, headers, signal, maxHeaderSize: 16_384 });
    request.once('response', resolve);
    request.on('error', reject);
    request.end();
  });
}

function readHeaders(response: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const status = response.statusCode ?? 0;
  if (status >= 300 && status < 400 && status !== 304) {
    throw new FetchFailed('redirected', 'The far side answered with a redirect, which is never followed.');
  }
  const coding = headers.get('content-encoding') ?? 'identity';
  if (coding !== 'identity') {
    throw new FetchFailed('encoded', 'The far side answered with a content encoding although none was accepted.');
  }
  return headers;
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLarge = () => new FetchFailed('too_large', `The far side answered with more than ${maxBytes} bytes.`);
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    length += chunk.byteLength;
    if (length > maxBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
