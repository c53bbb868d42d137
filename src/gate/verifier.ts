import type { Principal } from '../core/principal.ts';

/** Token -> principal. Rejects with `InvalidToken` (the caller's fault: 401) or `Unavailable` (ours or the provider's: 503). */
export interface Verifier {
  verify(token: string, resource: URL): Promise<Principal>;
  /** Rejects with `Unavailable` while no token could be verified, whatever it is; asked by `/readyz`. */
  ready?(): Promise<void>;
}
