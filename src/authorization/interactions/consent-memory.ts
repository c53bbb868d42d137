import type { Grant, KoaContextWithOIDC } from 'oidc-provider';

/** What one person has allowed one client, at one redirect host, on one mount. */
export interface ConsentSubject {
  readonly accountId: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly resource: string;
}

/** Remembers what was allowed: to mark it on the next page, and to skip that page where the server is set to. */
export interface ConsentMemory {
  /** Keeps the scopes for 30 days, together with those kept already. */
  remember(subject: ConsentSubject, scopes: readonly string[]): Promise<void>;
  /** The scopes allowed before, for display only. */
  recall(subject: ConsentSubject): Promise<ReadonlySet<string>>;
  /**
   * For `loadExistingGrant`: a new, saved grant when the setting is `remember` and nothing about this request calls for
   * a page, else undefined.
   */
  rememberedGrant(ctx: KoaContextWithOIDC): Promise<Grant | undefined>;
}
