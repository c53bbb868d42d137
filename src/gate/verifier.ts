import type { Principal } from '../core/principal.ts';

/**
 * Does what `ask` does when it is the caller's turn, so that nobody keeps a provider busy for everybody else. `ask` rejects
 * with `InvalidToken` where the token is not good. Rejects as `ask` does, and with `TooManyRequests` where too many wait.
 */
export type Turn = <T>(ask: () => Promise<T>) => Promise<T>;

/** Token -> principal. Rejects with `InvalidToken` (the caller's fault: 401) or `Unavailable` (ours or the provider's: 503). */
export interface Verifier {
  /**
   * `key` is the thumbprint of the key that the caller has proven (RFC 9449 §4.3). Without it a token that is bound to a key
   * is refused; with it any that is not bound to this one. A verifier that knows nothing of keys may leave it out.
   * `turn` is for those that ask somebody else about a token that they do not remember: they do so in it. What they know by
   * themselves waits for no turn.
   */
  verify(token: string, resource: URL, key?: string, turn?: Turn): Promise<Principal>;
  /** Rejects with `Unavailable` while no token could be verified, whatever it is; asked by `/readyz`. */
  ready?(): Promise<void>;
}
