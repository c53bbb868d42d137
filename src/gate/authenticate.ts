import { type Clock, systemClock } from '../core/clock.ts';
import { InvalidToken } from '../core/errors.ts';
import type { Principal } from '../core/principal.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { type BearerRequest, readBearer } from './bearer.ts';
import { NoCredentials } from './challenge.ts';
import { isExpired } from './claims.ts';
import { checkBinding } from './dpop/binding.ts';
import type { Verifier } from './verifier.ts';

/**
 * Who is calling this resource. Rejects with `NoCredentials`, `InvalidRequest`, `InvalidToken` or `Unavailable`.
 * Whatever the verifier says, a caller of another resource or past its time does not get through, nor one whose token is
 * not bound to `key`: the thumbprint of the key that was proven (RFC 9449 §7.1), without which the token is a bearer token.
 */
export async function authenticate(
  request: BearerRequest,
  verifier: Verifier,
  resource: Pick<ProtectedResource, 'uri'>,
  clock: Clock = systemClock,
  key?: string,
): Promise<Principal> {
  const token = readBearer(request, key === undefined ? 'bearer' : 'dpop');
  if (token === undefined) throw new NoCredentials();
  const principal = await verifier.verify(token, new URL(resource.uri), key);
  if (principal.resource !== resource.uri) throw new InvalidToken('wrong_audience');
  if (!(principal.expiresAt >= 0) || isExpired(principal.expiresAt, clock())) throw new InvalidToken('expired');
  checkBinding(principal.boundTo, key);
  return principal;
}

/** The token of a caller who was authenticated by this request: for the token endpoint of its own issuer, and nobody else. */
export function callersToken(request: BearerRequest, { boundTo }: Pick<Principal, 'boundTo'>): string {
  const token = readBearer(request, boundTo === undefined ? 'bearer' : 'dpop');
  if (token === undefined) throw new NoCredentials();
  return token;
}
