import type { TokenEndpointResponse } from 'oauth4webapi';
import { BadUpstreamAnswer, type UpstreamTokens } from '../../gate/upstream-provider.ts';

/** What the answer is read beside. */
interface Reading {
  /** RFC 6749 §5.1: what was asked for is granted where the answer says nothing. */
  readonly asked: readonly string[];
  /** Seconds since 1970. */
  readonly now: number;
  readonly idToken?: Readonly<Record<string, unknown>>;
}

/** Nobody's access token is good for longer, whatever they say. */
const LONGEST = 366 * 86_400;

/** The tokens of an answer that the OAuth client has found well formed. Rejects bearer tokens that could not be sent. */
export function readTokens(answer: TokenEndpointResponse, { asked, now, idToken }: Reading): UpstreamTokens {
  const { access_token: accessToken, refresh_token: refreshToken, expires_in: lifetime, scope } = answer;
  if (answer.token_type !== 'bearer') throw new BadUpstreamAnswer('token_type');
  // RFC 6750 §2.1: anything else would break the header that it is sent in.
  if (!/^[\x21-\x7e]{1,16384}$/.test(accessToken)) throw new BadUpstreamAnswer('access_token');
  return {
    accessToken,
    ...(refreshToken !== undefined && refreshToken !== '' && { refreshToken }),
    ...(lifetime !== undefined && { expiresAt: now + Math.min(LONGEST, Math.max(0, Math.floor(lifetime))) }),
    scopes: scope === undefined ? asked : scope.split(/\s+/).filter(Boolean),
    ...(idToken && { idToken }),
    answer,
  };
}
