import { errors } from 'oidc-provider';
import type { Clock } from '../../core/clock.ts';
import { InvalidToken } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { parseScope } from '../../core/scope.ts';
import { isIdentifier } from '../../gate/claims.ts';
import type { EnterpriseProvider } from '../../gate/enterprise-provider.ts';
import { jwtVerifier } from '../../gate/jwt.ts';
import { issuerOf } from '../../gate/verifier-chain.ts';
import type { TrustedIssuer } from './trusted-issuers.ts';

/** Seconds that an assertion may be good for. */
const MAX_LIFETIME = 300;
const MAX_ID = 256;

/** What an ID-JAG says, once it was found good. Times in seconds since 1970. */
export interface Assertion {
  readonly provider: EnterpriseProvider;
  readonly claims: Readonly<Record<string, unknown>>;
  /** Of the client that it was given to. */
  readonly clientId: string;
  /** `jti`: unique at its issuer. */
  readonly id: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Undefined where the identity provider names none. */
  readonly scopes: readonly string[] | undefined;
}

/** Reads an ID-JAG. Rejects with InvalidGrant, and with Unavailable while the keys of its issuer are not to be had. */
export type ReadAssertion = (text: string) => Promise<Assertion>;

/** What assertions are read with. */
export interface AssertionParts {
  readonly trusted: readonly TrustedIssuer[];
  /** Ours: assertions must be for it. */
  readonly issuer: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Checks the ID-JAGs of trusted issuers (enterprise-managed authorization §4.3, §7.4): nothing is fetched for others.
 * Whether one was used before is another question.
 */
export function assertionReader({ trusted, issuer, clock, log }: AssertionParts): ReadAssertion {
  const known = new Map(
    trusted.map(({ provider, keys }) => {
      const verifier = jwtVerifier({
        issuer: provider.issuer,
        keys,
        algorithms: provider.algorithms,
        types: ['oauth-id-jag+jwt'],
        audiencesFor: () => [issuer],
        maxLifetime: MAX_LIFETIME,
        cache: { entries: 0, ttl: 0 },
        clock,
        log: log.with({ provider: provider.name }),
      });
      return [provider.issuer, { provider, verifier }];
    }),
  );
  return async (text) => {
    const from = known.get(issuerOf(text) ?? '');
    if (from === undefined) throw new errors.InvalidGrant('the assertion is of no trusted issuer');
    const { claims, clientId } = await from.verifier.verify(text, new URL(issuer)).catch(refuse);
    return { provider: from.provider, claims, clientId, ...checked(claims) };
  };
}

function refuse(error: unknown): never {
  if (error instanceof InvalidToken) throw new errors.InvalidGrant(`the assertion is not good: ${error.reason}`);
  throw error;
}

/** What an ID-JAG must say, and must not, beyond what a signed token must. */
function checked({
  aud,
  jti,
  iat,
  exp,
  scope,
  authorization_details: details,
}: Assertion['claims']): Pick<Assertion, 'id' | 'issuedAt' | 'expiresAt' | 'scopes'> {
  const not = (fault: string) => new errors.InvalidGrant(`the assertion ${fault}`);
  if (typeof aud !== 'string') throw not('has a list as its audience');
  if (!isIdentifier(jti, MAX_ID)) throw not('has no id, or one that is no short text');
  if (typeof iat !== 'number' || typeof exp !== 'number') throw not('does not say when it was issued');
  // Both times are of one clock: there is nothing to tolerate.
  if (exp <= iat || exp - iat > MAX_LIFETIME) throw not('is good for more than five minutes');
  // A limit that is not understood cannot be kept to.
  if (details !== undefined) throw not('is limited by authorization_details');
  const scopes = scope === undefined ? undefined : parseScope(typeof scope === 'string' ? scope : '"');
  if (scope !== undefined && scopes === undefined) throw not('has a malformed scope');
  return { id: jti, issuedAt: iat, expiresAt: exp, scopes };
}
