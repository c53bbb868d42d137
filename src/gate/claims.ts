import { InvalidToken } from '../core/errors.ts';
import type { JsonObject } from './compact-jws.ts';

/** Seconds by which two clocks may differ. The one tolerance for every time in a token. */
export const CLOCK_SKEW = 30;

/** Whether a token that ends at `expiresAt` is over at `now` (both seconds since 1970), skew allowed for. */
export const isExpired = (expiresAt: number, now: number): boolean => expiresAt + CLOCK_SKEW <= now;

/** What the claims of an access token must say. */
export interface ExpectedClaims {
  readonly issuer: string;
  /** `aud` must name one of these. */
  readonly audiences: readonly string[];
  /** Whether `aud` may name others beside. */
  readonly allowMultiAudience: boolean;
  /** Audiences that may stand beside ours all the same, such as the issuer's own userinfo endpoint. Alone they are not enough. */
  readonly audiencesBeside?: readonly string[] | undefined;
  /** Whether a token may name no audience at all: whoever reads its claims must then tell ours from others. Default false. */
  readonly audienceMayBeAbsent?: boolean | undefined;
  /** Longest time from issue to expiry, in seconds. */
  readonly maxLifetime: number;
  /** How far the issuer's clock may run ahead of ours, in seconds. Default CLOCK_SKEW. */
  readonly issuerAhead?: number | undefined;
}

/**
 * Checks the registered claims of an access token (RFC 7519 §4.1, RFC 9068 §4). Throws `InvalidToken`. Whether it is bound
 * to a key is another question: `keyBoundTo`.
 */
export function checkClaims(claims: JsonObject, expected: ExpectedClaims, now: number): void {
  if (claims.iss !== expected.issuer) throw new InvalidToken('wrong_issuer');
  checkAudience(claims, expected);
  if (!isIdentifier(claims.sub, 255)) throw new InvalidToken('bad_subject');
  if (claims.exp === undefined) throw new InvalidToken('no_expiry');
  checkTimes(claims, expected.maxLifetime, now, expected.issuerAhead);
}

/** What `aud` must say. */
export type ExpectedAudience = Pick<
  ExpectedClaims,
  'audiences' | 'allowMultiAudience' | 'audiencesBeside' | 'audienceMayBeAbsent'
>;

/** Checks whom a token is for. Throws `InvalidToken`. */
export function checkAudience(claims: JsonObject, expected: ExpectedAudience): void {
  const absent = expected.audienceMayBeAbsent === true && !Object.hasOwn(claims, 'aud');
  if (!absent && !isForAudience(claims.aud, expected)) throw new InvalidToken('wrong_audience');
}

/** Whether a claim is a text of 1 to `most` characters. */
export const isIdentifier = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= most;

function isForAudience(
  aud: unknown,
  { audiences, allowMultiAudience, audiencesBeside = [] }: ExpectedAudience,
): boolean {
  const listed: unknown = typeof aud === 'string' ? [aud] : aud;
  if (!Array.isArray(listed) || listed.length > 100 || !listed.every((member) => typeof member === 'string'))
    return false;
  const named = listed.filter((member) => audiences.includes(member) || !audiencesBeside.includes(member));
  return named.length <= (allowMultiAudience ? 100 : 1) && named.some((member) => audiences.includes(member));
}

/** Checks the times that a token has, at `now` with the one tolerance. Throws `InvalidToken`. */
export function checkTimes(
  claims: JsonObject,
  maxLifetime: number,
  now: number,
  issuerAhead: number = CLOCK_SKEW,
): void {
  const exp = readTime(claims, 'exp');
  const nbf = readTime(claims, 'nbf');
  const iat = readTime(claims, 'iat');
  if (exp !== undefined && isExpired(exp, now)) throw new InvalidToken('expired');
  if (nbf !== undefined && nbf > now + issuerAhead) throw new InvalidToken('not_yet_valid');
  if (iat !== undefined && iat > now + issuerAhead) throw new InvalidToken('issued_in_future');
  if (exp !== undefined && exp - (iat ?? now) > maxLifetime + CLOCK_SKEW) throw new InvalidToken('lives_too_long');
}

function readTime(claims: JsonObject, name: 'exp' | 'nbf' | 'iat'): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new InvalidToken(`bad_${name}`);
  return value;
}
