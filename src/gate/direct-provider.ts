import { ConfigError, InvalidToken } from '../core/errors.ts';
import type { ScopeClaims } from './claimed-scopes.ts';
import { type ClaimReading, foreignPrincipal } from './foreign-principal.ts';
import { type IssuerVerifierOptions, issuerVerifier } from './issuer-verifier.ts';
import type { DirectProvider, ProviderDeps } from './provider.ts';
import type { TenantAdvice } from './provider-finding.ts';
import type { ProviderMode } from './provider-from-settings.ts';
import { type TokenExchangeOptions, tokenExchangeRules } from './token-exchange.ts';
import { USUAL_ALGORITHMS } from './usable-key.ts';
import type { Verifier } from './verifier.ts';

/** An identity provider that MCP clients talk to themselves, and whose access tokens are JWTs: what is peculiar to it. */
export interface TokenDialect
  extends ClaimReading,
    TokenExchangeOptions,
    Pick<IssuerVerifierOptions, 'jwksUrl' | 'allowMultiAudience' | 'audiencesBeside' | 'audienceMayBeAbsent'> {
  readonly name: string;
  /** As its metadata spells it, trailing slash included. */
  readonly issuer: string;
  /** The variable that the issuer was read from, for faults. */
  readonly variable: string;
  /** Default: RS256, PS256, ES256 and EdDSA. */
  readonly algorithms?: readonly string[];
  /** The `typ` values of its access tokens; the empty text stands for none. Default `at+jwt`, `JWT` and none. */
  readonly types?: readonly string[];
  /** What `aud` must name one of, where that is not the resource (`audiencesFrom`). */
  readonly audiencesFor?: ((resource: string) => readonly string[]) | undefined;
  /** Longest lifetime of a token, in seconds. Default one day. */
  readonly maxLifetime?: number | undefined;
  /** The reason code for what is no signed JWT at all, where the provider gives such tokens for a mistake of the client. */
  readonly opaque?: string;
  /** What to change there where it does not suit MCP clients. */
  readonly advice?: TenantAdvice;
  /** The mounts that it is for. Default: all. */
  readonly mounts?: readonly string[];
}

/** Options that every adapter over a dialect has beside its own. */
export interface DialectOptions extends ScopeClaims {
  /** The claim that names the tenant. */
  readonly tenantClaim?: string;
  /** The mounts that it is for, such as `/notes`: for several of it, one for each mount. Default: all. */
  readonly mounts?: readonly string[];
  /** Longest lifetime of a token, in seconds. Default one day. */
  readonly maxLifetime?: number;
}

/** The provider that a dialect describes. Throws ConfigError where production would have to ask it without TLS. */
export function directProvider(dialect: TokenDialect, { production }: ProviderMode): DirectProvider {
  const { name, issuer, variable, advice, mounts, exchange } = dialect;
  if (production && !issuer.startsWith('https:')) throw new ConfigError([`${variable} must be https in production`]);
  return {
    kind: 'direct',
    name,
    issuer,
    tokens: [{ shape: 'jwt', issuer }],
    ...(advice && { advice }),
    ...(mounts && { mounts }),
    ...(exchange && { exchange: tokenExchangeRules(name, exchange) }),
    verifier: (deps) => dialectVerifier(dialect, deps),
  };
}

function dialectVerifier(dialect: TokenDialect, deps: ProviderDeps): Verifier {
  const { issuer, jwksUrl, algorithms = USUAL_ALGORITHMS, types = ['at+jwt', 'JWT', ''], opaque } = dialect;
  const { audiencesFor, audiencesBeside, audienceMayBeAbsent, allowMultiAudience, maxLifetime } = dialect;
  const verifier = issuerVerifier(
    {
      issuer,
      jwksUrl,
      algorithms,
      types,
      audienceMayBeAbsent,
      ...(audiencesFor && { audiencesFor }),
      ...(audiencesBeside && { audiencesBeside }),
      ...(allowMultiAudience !== undefined && { allowMultiAudience }),
      ...(maxLifetime !== undefined && { maxLifetime }),
      principalOf: foreignPrincipal(dialect),
    },
    deps,
  );
  if (opaque === undefined) return verifier;
  return {
    ...verifier,
    async verify(token, resource, key) {
      if (!SIGNED.test(token)) throw new InvalidToken(opaque);
      return verifier.verify(token, resource, key);
    },
  };
}

/** Three parts: encrypted tokens have five (RFC 7515 §7.1, RFC 7516 §7.1). */
const SIGNED = /^[^.]*\.[^.]*\.[^.]*$/;
