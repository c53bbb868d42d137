import { createPublicKey } from 'node:crypto';
import type { Log } from '../core/log.ts';
import { type KeySource, readKeySet } from './key-set.ts';
import { usableKey } from './usable-key.ts';

/** Bytes that a shared secret must have (RFC 7518 §3.2). */
const SECRET_BYTES = 32;

/**
 * Reads a public key that the operator wrote down: PEM (also with `\n` for line breaks), a JWK or a JWK Set as JSON.
 * Throws an Error that ends the sentence "NAME …"; it never quotes what it read.
 */
export function readPublicKey(text: string): readonly unknown[] {
  if (/PRIVATE KEY/.test(text)) throw new Error('must hold a public key, but holds a private one');
  const keys = /^\s*\{/.test(text) ? fromJson(text) : [fromPem(text)];
  const fault = keys.map(usableKey).find((key) => typeof key === 'string');
  if (fault !== undefined) throw new Error(`must hold public keys that may verify signatures (${fault})`);
  return keys;
}

function fromPem(text: string): unknown {
  try {
    return createPublicKey(text.replaceAll('\\n', '\n')).export({ format: 'jwk' });
  } catch {
    throw new Error('must hold a public key as PEM, as a JWK or as a JWK Set');
  }
}

function fromJson(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    const keys: unknown = typeof value === 'object' && value !== null && 'keys' in value ? value.keys : [value];
    if (Array.isArray(keys) && keys.length > 0) return keys;
  } catch {
    // The parser's own error quotes what it read.
  }
  throw new Error('must hold a public key as PEM, as a JWK or as a JWK Set');
}

/** A source of such keys. One key without `kid` is meant whatever `kid` a token names. */
export function givenKeys(keys: readonly unknown[], deps: { readonly log: Log }): KeySource {
  const { source } = readKeySet(keys, deps);
  const [only] = keys;
  const unnamed = keys.length === 1 && typeof only === 'object' && only !== null && !('kid' in only);
  return unnamed ? ({ alg }) => source({ alg, kid: undefined }) : source;
}

/** Reads a secret shared with the issuer. Throws an Error that ends the sentence "NAME …". */
export function readSharedSecret(text: string): string {
  if (/-----BEGIN|"kty"/.test(text)) throw new Error('must be a secret, but looks like a key pair');
  if (Buffer.byteLength(text) < SECRET_BYTES) throw new Error(`must have at least ${SECRET_BYTES} bytes`);
  return text;
}

/** A source of the one key that a shared secret is, for HS256. */
export function sharedSecretKey(secret: string): KeySource {
  const imported = crypto.subtle.importKey(
    'raw',
    new TextEncoder().encode(secret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['verify'],
  );
  return async ({ alg }) => (alg === 'HS256' ? imported : undefined);
}
