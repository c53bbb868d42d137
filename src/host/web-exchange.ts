import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request as ExpressRequest } from 'express';

/** The request as the web standard has it, without its body (which is read and parsed once, elsewhere). */
export function toWebRequest(request: ExpressRequest, url: string, response: ServerResponse): Request {
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !name.startsWith(':'))
      headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const abort = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) abort.abort();
  });
  return new Request(url, { method: request.method, headers, signal: abort.signal });
}

/**
 * Writes a web response, streams included. Ends quietly when the client has gone: it then has nobody to tell. How long
 * the connection is kept is the listener's to say, not the answer's (RFC 9110 §7.6.1).
 */
export async function sendWebResponse(response: ServerResponse, answer: Response): Promise<void> {
  response.statusCode = answer.status;
  for (const [name, value] of answer.headers) if (name !== 'connection') response.setHeader(name, value);
  if (answer.body === null) {
    response.end();
  } else if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    response.flushHeaders();
    await pipeline(Readable.fromWeb(answer.body as import('node:stream/web').ReadableStream), response).catch(
      (error: NodeJS.ErrnoException) => {
        if (!response.destroyed) throw error;
      },
    );
  } else {
    response.end(Buffer.from(await answer.arrayBuffer()));
  }
}
