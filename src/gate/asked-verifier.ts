import type { Principal } from '../core/principal.ts';
import { canonicalResource } from '../core/resource-uri.ts';
import { sha256 } from '../core/secrets.ts';
import { askedOnce } from './asked-once.ts';
import type { JsonObject } from './compact-jws.ts';
import { type ClaimReading, foreignPrincipal } from './foreign-principal.ts';
import { readAnswer } from './introspection-answer.ts';
import type { ProviderDeps } from './provider.ts';
import type { PrincipalOf } from './token-principal.ts';
import { verifiedTokens } from './verified-tokens.ts';
import type { Turn, Verifier } from './verifier.ts';

/** How answers about tokens are judged and kept. Times in seconds. */
export interface AskedVerifierOptions extends ClaimReading {
  readonly issuer: string;
  /** Longest time for which a good answer is used again. 0: every call asks. */
  readonly cacheTtl: number;
  /** What `aud` must name one of, for each resource. Default: the resource itself. */
  readonly audiencesFor?: ((resource: string) => readonly string[]) | undefined;
  readonly allowMultiAudience?: boolean | undefined;
  /** Whether an answer may name no audience: `principalOf` must then tell our tokens from others. Default false. */
  readonly audienceMayBeAbsent?: boolean | undefined;
  /** Default one day. */
  readonly maxLifetime?: number | undefined;
  /** Members of the answer that are kept in `claims` beside the known ones. */
  readonly keepClaims?: readonly string[] | undefined;
  /** Default: as the claims of a token are read. */
  readonly principalOf?: PrincipalOf | undefined;
}

/** A caller waits for the answer. Many callers may be waiting at once. */
export const ASKED_LIMITS = { timeoutMs: 2000, maxBytes: 65_536, maxConcurrent: 256 };
const REFUSALS = { entries: 5000, refusalTtl: 3 };
const AT_ONCE: Turn = (ask) => ask();

/**
 * A verifier that asks somebody about each token, once for many callers at once. `ask` answers as RFC 7662 §2.2 says, or
 * rejects with `Unavailable`; the verifier judges the answer, and rejects with `InvalidToken` where the token is not good here.
 * Whoever asks does so in their turn.
 */
export function askedVerifier(
  options: AskedVerifierOptions,
  ask: (token: string) => Promise<JsonObject>,
  deps: Pick<ProviderDeps, 'clock'>,
): Verifier {
  const remembered = verifiedTokens({ entries: options.cacheTtl > 0 ? 5000 : 0, ttl: options.cacheTtl }, deps.clock);
  const once = askedOnce<Principal>(REFUSALS, deps.clock);
  const { principalOf = foreignPrincipal(options), issuer, audienceMayBeAbsent } = options;
  const { allowMultiAudience = false, maxLifetime = 86_400 } = options;
  const keep = [...(options.keepClaims ?? []), ...(options.scopeClaims ?? []), options.tenantClaim ?? 'org_id'];
  const rules = { issuer, audienceMayBeAbsent, allowMultiAudience, maxLifetime, keep, withoutExpiry: 60 };
  const verifyAnew = async (token: string, resource: string): Promise<Principal> => {
    const audiences = options.audiencesFor?.(resource) ?? [resource];
    const answer = await ask(token);
    return Object.freeze(principalOf(readAnswer(answer, { ...rules, audiences }, deps.clock()), resource));
  };
  return {
    async verify(token, at, _key, turn = AT_ONCE) {
      const resource = canonicalResource(at.href) ?? at.href;
      const name = sha256(`${resource} ${token}`);
      return remembered.recall(token, resource, () => once(name, () => turn(() => verifyAnew(token, resource))));
    },
  };
}
