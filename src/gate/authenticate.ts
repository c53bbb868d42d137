import { type Clock, systemClock } from '../core/clock.ts';
import { InvalidToken } from '../core/errors.ts';
import type { Principal } from '../core/principal.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { type BearerRequest, readBearer } from './bearer.ts';
import { NoCredentials } from './challenge.ts';
import { isExpired } from './claims.ts';
import type { Verifier } from './verifier.ts';

/**
 * Who is calling this resource. Rejects with `NoCredentials`, `InvalidRequest`, `InvalidToken` or `Unavailable`.
 * Whatever the verifier says, a caller of another resource or past its time does not get through.
 */
export async function authenticate(
  request: BearerRequest,
  verifier: Verifier,
  resource: Pick<ProtectedResource, 'uri'>,
  clock: Clock = systemClock,
): Promise<Principal> {
  const token = readBearer(request);
  if (token === undefined) throw new NoCredentials();
  const principal = await verifier.verify(token, new URL(resource.uri));
  if (principal.resource !== resource.uri) throw new InvalidToken('wrong_audience');
  if (!(principal.expiresAt >= 0) || isExpired(principal.expiresAt, clock())) throw new InvalidToken('expired');
  return principal;
}
