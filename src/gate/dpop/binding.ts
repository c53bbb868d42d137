import { InvalidToken } from '../../core/errors.ts';
import type { JsonObject } from '../compact-jws.ts';

/** RFC 7638: SHA-256 in base64url. */
const THUMBPRINT = /^[\w-]{43}$/;

/**
 * The thumbprint of the key that a token is bound to (RFC 9449 §6.1), undefined for a plain bearer token. Throws
 * `InvalidToken` where it is bound in another way, for that cannot be checked.
 */
export function keyBoundTo(claims: JsonObject): string | undefined {
  if (!Object.hasOwn(claims, 'cnf')) return undefined;
  const { cnf } = claims;
  if (typeof cnf !== 'object' || cnf === null) throw new InvalidToken('bound_token');
  const { jkt, ...others } = cnf as Record<string, unknown>;
  if (typeof jkt !== 'string' || !THUMBPRINT.test(jkt) || Object.keys(others).length > 0) {
    throw new InvalidToken('bound_token');
  }
  return jkt;
}

/**
 * Holds what a token is bound to against the key that its caller has proven, if any. Throws `InvalidToken`: a bound token
 * is no bearer token, and an unbound one proves nothing with a key (RFC 9449 §7.1, §7.2).
 */
export function checkBinding(boundTo: string | undefined, proven: string | undefined): void {
  if (boundTo === proven) return;
  if (boundTo === undefined) throw new InvalidToken('unbound_token');
  throw new InvalidToken(proven === undefined ? 'bound_token' : 'bound_to_another_key');
}
