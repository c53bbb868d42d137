import { InvalidToken } from '../core/errors.ts';

/** A parsed JSON object that nobody has vouched for. Of duplicate members the last one counts (RFC 7519 §4). */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A JWS in compact form, split and checked for form. Nothing in it is trusted yet. */
export interface CompactJws {
  readonly header: JsonObject;
  /** The payload part as it was sent, base64url. */
  readonly payload: string;
}

/**
 * Splits a compact JWS (RFC 7515 §7.1): exactly three non-empty base64url parts, each in the one canonical spelling,
 * under a header that is a JSON object. Throws `InvalidToken` for anything else, JWE included.
 */
export function readCompactJws(token: string): CompactJws {
  const parts = token.split('.', 4);
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || !header || !payload || !signature) throw new InvalidToken('not_a_compact_jws');
  if (!parts.every(isCanonical)) throw new InvalidToken('not_canonical_base64url');
  return { header: readJsonObject(Buffer.from(header, 'base64url')), payload };
}

/** Reads strict UTF-8 JSON that holds an object. Throws `InvalidToken` for anything else. */
export function readJsonObject(bytes: Uint8Array): JsonObject {
  const value = parseStrictly(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidToken('not_a_json_object');
  return Object.freeze(value as Record<string, unknown>);
}

function parseStrictly(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    // The parser's own error quotes what it read: a piece of the token.
    throw new InvalidToken('not_json');
  }
}

/** Decoders forgive padding, the other alphabet, blanks and stray low bits: one token would have many spellings. */
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part;
