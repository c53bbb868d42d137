import type { ApplicationType } from './application-type.ts';
import type { PublicJwk } from './client-jwks.ts';

/** How a client proves itself at the token endpoint. `none` is a public client. */
export type ClientAuthMethod = 'none' | 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt';

/** All that is kept of what a client says about itself (RFC 7591 §2), checked, in the names that `oidc-provider` reads. */
export interface ClientMetadata {
  readonly redirect_uris: readonly string[];
  readonly application_type: ApplicationType;
  readonly grant_types: readonly ('authorization_code' | 'refresh_token')[];
  readonly response_types: readonly ['code'];
  readonly token_endpoint_auth_method: ClientAuthMethod;
  readonly token_endpoint_auth_signing_alg?: string;
  /** At most 100 characters, none of them control, bidi or zero-width ones. Still to be escaped where it is shown. */
  readonly client_name?: string;
  readonly client_uri?: string;
  readonly logo_uri?: string;
  readonly tos_uri?: string;
  readonly policy_uri?: string;
  readonly jwks?: { readonly keys: readonly PublicJwk[] };
  readonly jwks_uri?: string;
}

/** A client whose identifier is the URL of its metadata document. */
export interface DocumentedClient extends ClientMetadata {
  readonly client_id: string;
  readonly client_name: string;
}
