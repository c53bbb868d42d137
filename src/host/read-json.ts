import type { IncomingMessage } from 'node:http';
import { plainEnough } from '../core/plain-enough.ts';

/** Why a body was not read, as the HTTP status that says so. */
export interface BodyRefusal {
  readonly status: 400 | 413 | 415;
  readonly message: string;
}

/** What came of reading a body: the parsed message, or the refusal. */
export type BodyOutcome = { readonly message: unknown } | { readonly refusal: BodyRefusal };

const refuse = (status: BodyRefusal['status'], message: string): BodyOutcome => ({ refusal: { status, message } });

/**
 * Reads one JSON text of at most `limit` bytes. Checks media type, encoding and declared length before a byte is read, and
 * how much there is to parse before it is parsed.
 * Where a parser of somebody else's app has read the body already, its result is taken.
 */
export async function readJson(request: IncomingMessage, limit: number): Promise<BodyOutcome> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json *(;|$)/i.test(type)) return refuse(415, 'Content-Type must be application/json.');
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
    return refuse(415, 'Content-Encoding is not supported.');
  }
  if (Number(request.headers['content-length'] ?? 0) > limit) return refuse(413, 'The body is too large.');
  const { body } = request as { body?: unknown };
  if (request.readableEnded && body !== undefined && !Buffer.isBuffer(body)) return { message: body };
  const bytes = Buffer.isBuffer(body) ? body : await readBytes(request, limit);
  if (bytes === undefined) return refuse(413, 'The body is too large.');
  if (!plainEnough(bytes)) return refuse(413, 'The body holds too many members, or is nested too deeply.');
  try {
    return { message: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)) };
  } catch {
    return refuse(400, 'Parse error');
  }
}

async function readBytes(request: IncomingMessage, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > limit) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
