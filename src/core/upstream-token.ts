/** A live token for the API of the identity provider that the caller signed in at. For that API alone. */
export interface UpstreamToken {
  readonly accessToken: string;
  /** As that provider names them. */
  readonly scopes: readonly string[];
  /** Seconds since 1970, where the provider has said. */
  readonly expiresAt?: number;
}
