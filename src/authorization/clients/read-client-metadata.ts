import { checkFetchableUrl } from '../../core/safe-fetch.ts';
import { type ApplicationType, applicationType } from './application-type.ts';
import { readPublicJwks } from './client-jwks.ts';
import type { ClientAuthMethod, ClientMetadata } from './client-metadata.ts';
import { readClientName, readInformationalUris } from './client-words.ts';
import { readGrantTypes } from './grant-types.ts';
import { MetadataFault } from './metadata-fault.ts';
import { own, ownText } from './own-member.ts';
import { checkRedirectUri } from './redirect-uri.ts';
import type { MetadataOrigin, RegistrationPolicy } from './registration-policy.ts';

const AUTH_METHODS: Readonly<Record<MetadataOrigin, readonly ClientAuthMethod[]>> = {
  registration: ['client_secret_basic', 'client_secret_post', 'none', 'private_key_jwt'],
  document: ['none', 'private_key_jwt'],
};
const ASSERTION_ALGORITHMS = /^(?:[REP]S(?:256|384|512)|EdDSA|Ed25519)$/;

/** The metadata of RFC 7591 §2 that we keep, each member checked. Throws `MetadataFault` on the first that is not right. */
export function readClientMetadata(source: object, policy: RegistrationPolicy, origin: MetadataOrigin): ClientMetadata {
  ownText(source, 'scope');
  const redirectUris = readRedirectUris(source, policy);
  const grantTypes = readGrantTypes(source, origin);
  const authMethod = readAuthMethod(source, origin);
  const name = readClientName(source);
  return {
    redirect_uris: redirectUris,
    application_type: readApplicationType(source, redirectUris),
    grant_types: grantTypes,
    response_types: ['code'],
    token_endpoint_auth_method: authMethod,
    ...(name !== undefined && { client_name: name }),
    ...readInformationalUris(source),
    ...readKeys(source, policy, authMethod),
  };
}

function readRedirectUris(source: object, policy: RegistrationPolicy): readonly string[] {
  const value = own(source, 'redirect_uris');
  const refuse = (description: string) => new MetadataFault(description, 'invalid_redirect_uri');
  if (!Array.isArray(value) || value.length === 0) throw refuse('redirect_uris must be a non-empty array.');
  if (value.length > policy.maxRedirectUris) throw refuse(`redirect_uris holds more than ${policy.maxRedirectUris}.`);
  for (const uri of value as readonly unknown[]) {
    const fault = typeof uri === 'string' ? checkRedirectUri(uri, policy.redirects) : 'A redirect URI is not a string.';
    if (fault !== undefined) throw refuse(fault);
  }
  return [...new Set<string>(value)];
}

function readApplicationType(source: object, redirectUris: readonly string[]): ApplicationType {
  const claimed = ownText(source, 'application_type');
  if (claimed !== undefined && claimed !== 'web' && claimed !== 'native') {
    throw new MetadataFault('application_type must be web or native.');
  }
  const found = applicationType(redirectUris, claimed);
  if ('fault' in found) throw new MetadataFault(found.fault, 'invalid_redirect_uri');
  return found.type;
}

/** RFC 7591 §2 defaults to `client_secret_basic`; a document cannot hold a secret, so there it is `none`. */
function readAuthMethod(source: object, origin: MetadataOrigin): ClientAuthMethod {
  const accepted = AUTH_METHODS[origin];
  const asked = ownText(source, 'token_endpoint_auth_method') ?? (origin === 'document' ? 'none' : accepted[0]);
  const method = accepted.find((name) => name === asked);
  if (method !== undefined) return method;
  throw new MetadataFault(`token_endpoint_auth_method must be one of ${accepted.join(', ')}.`);
}

function readKeys(
  source: object,
  policy: RegistrationPolicy,
  authMethod: ClientAuthMethod,
): Pick<ClientMetadata, 'jwks' | 'jwks_uri' | 'token_endpoint_auth_signing_alg'> {
  const byValue = own(source, 'jwks') ?? undefined;
  const uri = ownText(source, 'jwks_uri') || undefined;
  if (byValue !== undefined && uri !== undefined) throw new MetadataFault('Send jwks or jwks_uri, not both.');
  const jwks = byValue === undefined ? undefined : readPublicJwks(byValue);
  if (typeof jwks === 'string') throw new MetadataFault(jwks);
  if (uri !== undefined) checkJwksUri(uri, policy);
  if (authMethod !== 'private_key_jwt') return {};
  if (jwks === undefined && uri === undefined) throw new MetadataFault('private_key_jwt needs jwks or jwks_uri.');
  const algorithm = ownText(source, 'token_endpoint_auth_signing_alg');
  if (algorithm !== undefined && !ASSERTION_ALGORITHMS.test(algorithm)) {
    throw new MetadataFault('token_endpoint_auth_signing_alg must be an asymmetric signature algorithm.');
  }
  return {
    ...(jwks !== undefined && { jwks }),
    ...(uri !== undefined && { jwks_uri: uri }),
    ...(algorithm !== undefined && { token_endpoint_auth_signing_alg: algorithm }),
  };
}

function checkJwksUri(uri: string, policy: RegistrationPolicy): void {
  if (!policy.jwksUri) throw new MetadataFault('jwks_uri is not supported here: send the keys as jwks.');
  const fault = checkFetchableUrl(uri, policy.fetchRules);
  if (fault !== undefined) throw new MetadataFault(`jwks_uri cannot be used. ${fault}`);
}
