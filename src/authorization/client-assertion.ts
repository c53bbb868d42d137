import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../core/clock.ts';
import { Unavailable } from '../core/errors.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Seconds that an assertion may be good for. */
const MAX_LIFETIME = 300;
const MAX_ID = 256;
/** RFC 7523 and its revision; anything else is a JWT made for another purpose (RFC 8725 §3.11). */
const TYPES = ['jwt', 'client-authentication+jwt'];

/** What an assertion is judged by. `skew` in seconds. */
export interface ClientAssertionParts {
  readonly clock: Clock;
  readonly skew: number;
  /** When the store's epoch began, in seconds since 1970. */
  epochBegan(): Promise<number>;
}

/**
 * What an assertion of private_key_jwt must say beyond RFC 7523 §3: addressed to exactly this issuer, short-lived, a
 * bounded id, of the right type. Called once its signature was found good. Throws InvalidClientAuth, and Unavailable where
 * the store may have lost that it was used: the client makes another one.
 */
export const assertClientAssertion =
  ({ clock, skew, epochBegan }: ClientAssertionParts) =>
  async (ctx: KoaContextWithOIDC, claims: JsonObject, header: JsonObject, _client: Client): Promise<void> => {
    const fault = assertionFault(claims, header, { issuer: ctx.oidc.issuer, now: clock(), skew });
    if (fault !== undefined) throw new errors.InvalidClientAuth(fault);
    if (issuedAt(claims) <= (await epochBegan())) throw new Unavailable('assertion_older_than_epoch', undefined, 1);
  };

/** The latest that it cannot have been issued before. Whole seconds: one that is the same as the epoch's may be before it. */
const issuedAt = ({ iat, exp }: JsonObject): number => (typeof iat === 'number' ? iat : Number(exp) - MAX_LIFETIME);

/** Why the assertion is not accepted, or undefined. The words are for the log. */
export function assertionFault(
  claims: JsonObject,
  header: JsonObject,
  expected: { readonly issuer: string; readonly now: number; readonly skew: number },
): string | undefined {
  const { issuer, now, skew } = expected;
  const { aud, exp, iat, nbf, jti, iss, sub } = claims;
  const { typ = 'JWT' } = header;
  if (aud !== issuer) return 'the audience is not exactly this issuer';
  if (typeof typ !== 'string' || !TYPES.includes(typ.toLowerCase().replace(/^application\//, ''))) {
    return 'the type is not that of a client assertion';
  }
  if (header.crit !== undefined) return 'a critical extension is not understood';
  if (typeof sub !== 'string' || sub !== iss) return 'issuer and subject differ';
  if (typeof exp !== 'number' || exp > now + MAX_LIFETIME + skew) return 'it is good for more than five minutes';
  if (iat !== undefined && (typeof iat !== 'number' || iat > now + skew)) return 'it was issued in the future';
  if (nbf !== undefined && (typeof nbf !== 'number' || nbf > now + skew)) return 'it is not good yet';
  if (typeof jti !== 'string' || jti.length > MAX_ID) return 'its id is no short text';
  return undefined;
}
