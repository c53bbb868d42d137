import type { Principal } from '../core/principal.ts';

/** Token -> principal. Rejects with `InvalidToken` (the caller's fault: 401) or `Unavailable` (ours or the provider's: 503). */
export interface Verifier {
  /**
   * `key` is the thumbprint of the key that the caller has proven (RFC 9449 §4.3). Without it a token that is bound to a key
   * is refused; with it any that is not bound to this one. A verifier that knows nothing of keys may leave it out.
   */
  verify(token: string, resource: URL, key?: string): Promise<Principal>;
  /** Rejects with `Unavailable` while no token could be verified, whatever it is; asked by `/readyz`. */
  ready?(): Promise<void>;
}
