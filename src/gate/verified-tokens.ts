import type { Clock } from '../core/clock.ts';
import type { Principal } from '../core/principal.ts';
import { sha256 } from '../core/secrets.ts';

/** How much is remembered. No entries turns the memory off. */
export interface VerifiedTokensOptions {
  readonly entries: number;
  /** Seconds that a result holds at most. */
  readonly ttl: number;
}

/** Remembers which tokens were found good, by a hash of token and resource. Refusals are never remembered. */
export interface VerifiedTokens {
  /** The remembered caller, or the one `verify` finds. Holds for `ttl` at most and never beyond the token's expiry. */
  recall(token: string, resource: string, verify: () => Promise<Principal>): Promise<Principal>;
  /** Forgets everything at once, verifications under way included: a signing key is no longer trusted. */
  clear(): void;
  readonly size: number;
}

/** A bounded memory of good tokens: the least recently used one makes room. */
export function verifiedTokens({ entries, ttl }: VerifiedTokensOptions, clock: Clock): VerifiedTokens {
  let kept = new Map<string, { readonly principal: Principal; readonly until: number }>();
  return {
    async recall(token, resource, verify) {
      // A verification that began before `clear` must write into the map that `clear` threw away.
      const memory = kept;
      const key = sha256(`${resource} ${token}`);
      const held = memory.get(key);
      memory.delete(key);
      if (held !== undefined && held.until > clock()) {
        memory.set(key, held);
        return held.principal;
      }
      const principal = await verify();
      memory.set(key, { principal, until: Math.min(clock() + ttl, principal.expiresAt) });
      for (const oldest of memory.keys()) {
        if (memory.size <= entries) break;
        memory.delete(oldest);
      }
      return principal;
    },
    clear() {
      kept = new Map();
    },
    get size() {
      return kept.size;
    },
  };
}
