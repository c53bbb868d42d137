import { type Client, errors, type KoaContextWithOIDC } from 'oidc-provider';
import type { Clock } from '../core/clock.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Seconds that an assertion may be good for. */
const MAX_LIFETIME = 300;
const MAX_ID = 256;
/** RFC 7523 and its revision; anything else is a JWT made for another purpose (RFC 8725 §3.11). */
const TYPES = ['jwt', 'client-authentication+jwt'];

/**
 * What an assertion of private_key_jwt must say beyond RFC 7523 §3: addressed to exactly this issuer, short-lived, a
 * bounded id, of the right type. Called once its signature was found good. Throws InvalidClientAuth.
 */
export const assertClientAssertion =
  ({ clock, skew }: { readonly clock: Clock; readonly skew: number }) =>
  async (ctx: KoaContextWithOIDC, claims: JsonObject, header: JsonObject, _client: Client): Promise<void> => {
    const fault = assertionFault(claims, header, { issuer: ctx.oidc.issuer, now: clock(), skew });
    if (fault !== undefined) throw new errors.InvalidClientAuth(fault);
  };

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
