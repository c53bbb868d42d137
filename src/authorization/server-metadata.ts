import type { ProtectedResource } from '../core/protected-resource.ts';
import { PROOF_ALGORITHMS } from '../gate/dpop/read-proof.ts';
import { JWT_BEARER } from './enterprise/trusted-issuers.ts';
import { SIGNING_ALGORITHM } from './signing-keys.ts';

/** Where the endpoints are, below the issuer. */
export const ENDPOINTS = {
  authorization: '/authorize',
  token: '/token',
  registration: '/register',
  revocation: '/revoke',
  introspection: '/introspect',
  jwks: '/jwks',
} as const;

/** The signature algorithms of client assertions that are accepted. */
export const ASSERTION_ALGORITHMS = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'] as const;

/** How clients may prove themselves, `none` being public clients. */
export const CLIENT_AUTH_METHODS = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const;

const CONFIDENTIAL_METHODS = CLIENT_AUTH_METHODS.filter((method) => method !== 'none');

/** What differs from one server to another: how clients that we have not met become known, and whether ID-JAGs are taken. */
export interface OfferedWays {
  readonly registration: boolean;
  readonly documents: boolean;
  readonly enterprise?: boolean;
  /** Whether tokens can be bound to a key (RFC 9449). */
  readonly proofs?: boolean;
}

/** Enterprise-managed authorization §6. */
const ID_JAG_PROFILE = 'urn:ietf:params:oauth:grant-profile:id-jag';

/**
 * The metadata documents of the server by absolute path: RFC 8414 §3.1 and OpenID Connect Discovery §4, with the issuer's
 * path inserted and appended. Only what is really supported is said.
 */
export function metadataDocuments(
  issuer: string,
  resources: readonly ProtectedResource[],
  ways: OfferedWays,
): ReadonlyMap<string, object> {
  const path = new URL(issuer).pathname.replace(/\/$/, '');
  const oauth = serverMetadata(issuer, resources, ways);
  const openid = { ...oauth, ...openidMembers };
  return new Map<string, object>([
    [`/.well-known/oauth-authorization-server${path}`, oauth],
    [`${path}/.well-known/oauth-authorization-server`, oauth],
    [`/.well-known/openid-configuration${path}`, openid],
    [`${path}/.well-known/openid-configuration`, openid],
  ]);
}

/** OpenID Connect Discovery §3 requires these two. ID tokens are not issued: `openid` is not among the scopes. */
const openidMembers = {
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: [SIGNING_ALGORITHM],
};

function serverMetadata(issuer: string, resources: readonly ProtectedResource[], ways: OfferedWays): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}${ENDPOINTS.authorization}`,
    token_endpoint: `${issuer}${ENDPOINTS.token}`,
    ...(ways.registration && { registration_endpoint: `${issuer}${ENDPOINTS.registration}` }),
    revocation_endpoint: `${issuer}${ENDPOINTS.revocation}`,
    introspection_endpoint: `${issuer}${ENDPOINTS.introspection}`,
    jwks_uri: `${issuer}${ENDPOINTS.jwks}`,
    scopes_supported: [...new Set(resources.flatMap(({ scopes }) => [...scopes.keys()]))],
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: [
      'authorization_code',
      'refresh_token',
      'client_credentials',
      ...(ways.enterprise ? [JWT_BEARER] : []),
    ],
    ...(ways.enterprise && { authorization_grant_profiles_supported: [ID_JAG_PROFILE] }),
    code_challenge_methods_supported: ['S256'],
    token_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTH_METHODS,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint_auth_methods_supported: CONFIDENTIAL_METHODS,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    ...(ways.proofs && { dpop_signing_alg_values_supported: PROOF_ALGORITHMS }),
    authorization_response_iss_parameter_supported: true,
    client_id_metadata_document_supported: ways.documents,
    protected_resources: resources.map(({ uri }) => uri),
  };
}
