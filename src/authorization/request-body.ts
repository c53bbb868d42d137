import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { type Form, readForm, writeForm } from './form.ts';

const FORM_TYPE = 'application/x-www-form-urlencoded';
const FORM_TYPES = /^application\/x-www-form-urlencoded\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/** Most bytes of a body that are read: of a form, and of any other. */
const FORM_LIMIT = 131_072;
const BODY_LIMIT = 65_536;

/** Thrown when a body is too long. The rest of it was not read. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/** Reads the form of a request (RFC 6749 §3.2). Throws InvalidRequest unless it is exactly one, in UTF-8 and of sane size. */
export async function readFormBody(ctx: KoaContextWithOIDC): Promise<Form> {
  if (!FORM_TYPES.test(ctx.get('content-type'))) {
    throw new errors.InvalidRequest(`the Content-Type must be ${FORM_TYPE}`);
  }
  const form = readForm(decodeUtf8(await readBytes(ctx, FORM_LIMIT).catch(refuseLargeForm)));
  if (form === undefined || form.malformed.size > 0) throw new errors.InvalidRequest('the form is malformed');
  return form;
}

/** All bytes of a body. Throws BodyTooLarge. What an earlier parser has read already is put back into its form. */
export async function readBytes(ctx: KoaContextWithOIDC, limit = BODY_LIMIT): Promise<Buffer> {
  const { body } = ctx.req as { body?: unknown };
  if (!ctx.req.readable && body !== undefined) return reread(body, ctx);
  if (Number(ctx.get('content-length')) > limit) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of ctx.req.iterator({ destroyOnReturn: false })) {
    length += chunk.length;
    if (length > limit) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Strict UTF-8. Throws InvalidRequest. */
function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new errors.InvalidRequest('the body is not UTF-8', undefined, { cause });
  }
}

/** Hands this form on to oidc-provider in place of the body that was read: it parses nothing that was not checked. */
export const passForm = (ctx: KoaContextWithOIDC, values: Iterable<readonly [string, string]>): void =>
  passBody(ctx, writeForm(values), FORM_TYPE);

/** Hands this JSON on to oidc-provider in place of the body that was read. */
export const passJson = (ctx: KoaContextWithOIDC, value: object): void =>
  passBody(ctx, JSON.stringify(value), 'application/json');

function passBody(ctx: KoaContextWithOIDC, text: string, type: string): void {
  const bytes = Buffer.from(text);
  const { headers, method, url, socket, rawHeaders } = ctx.req;
  const { originalUrl } = ctx.req as { originalUrl?: string };
  delete headers['transfer-encoding'];
  headers['content-length'] = String(bytes.length);
  headers['content-type'] = type;
  const parts = { headers, method, url, socket, rawHeaders, originalUrl };
  ctx.req = Object.assign(Readable.from(bytes), parts) as unknown as IncomingMessage;
}

function reread(body: unknown, ctx: KoaContextWithOIDC): Buffer {
  if (typeof body === 'string' || Buffer.isBuffer(body)) return Buffer.from(body);
  if (!FORM_TYPES.test(ctx.get('content-type'))) return Buffer.from(JSON.stringify(body));
  const pairs = Object.entries(body ?? {}).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, textOf(one)]),
  );
  return Buffer.from(writeForm(pairs));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new errors.InvalidRequest('the form is malformed');
}

function refuseLargeForm(error: unknown): never {
  if (error instanceof BodyTooLarge) throw new errors.InvalidRequest('the form is too large');
  throw error;
}
