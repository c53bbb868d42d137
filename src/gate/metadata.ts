import type { ProtectedResource } from '../core/protected-resource.ts';
import { canonicalResource } from '../core/resource-uri.ts';
import { isScopeToken } from '../core/scope.ts';
import { PROOF_ALGORITHMS } from './dpop/read-proof.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

/** The path under the origin root where a resource's metadata is served (RFC 9728 §3.1). */
export function metadataPath(resourceUri: string): string {
  const { pathname } = new URL(resourceUri);
  return pathname === '/' ? WELL_KNOWN : WELL_KNOWN + pathname;
}

/** The URL of a resource's metadata, for the challenge (RFC 9728 §5.1). It stands at the root of the resource's origin. */
export const metadataUrl = (resourceUri: string): string => new URL(resourceUri).origin + metadataPath(resourceUri);

/** The metadata document of a resource (RFC 9728 §2). Members that would be empty are absent (§3.2). */
export interface ProtectedResourceDocument {
  readonly resource: string;
  readonly authorization_servers?: readonly string[];
  readonly scopes_supported?: readonly string[];
  /** Beside the RFC, which allows members of one's own: the words that people consent to, by scope. */
  readonly scope_descriptions?: Readonly<Record<string, string>>;
  readonly bearer_methods_supported: readonly ['header'];
  readonly dpop_signing_alg_values_supported?: readonly string[];
  readonly dpop_bound_access_tokens_required?: true;
  readonly resource_name: string;
}

/** What the document of a resource says beside what the resource is. */
export interface DocumentContext {
  readonly authorizationServers: readonly string[];
  /** Where tokens bound to a key are taken, whether no others are (RFC 9449). */
  readonly proofs?: { readonly required: boolean } | undefined;
}

/** Builds the document of one resource. Refresh tokens are the authorization server's affair: no `offline_access`. */
export function protectedResourceDocument(
  resource: ProtectedResource,
  { authorizationServers, proofs }: DocumentContext,
): ProtectedResourceDocument {
  const known = [...resource.scopes].filter(([scope]) => scope !== 'offline_access');
  const scopes = known.map(([scope]) => scope);
  const descriptions = Object.fromEntries(known.map(([scope, { description }]) => [scope, description]));
  return {
    resource: resource.uri,
    ...(authorizationServers.length > 0 ? { authorization_servers: authorizationServers } : {}),
    ...(scopes.length > 0 ? { scopes_supported: scopes, scope_descriptions: descriptions } : {}),
    bearer_methods_supported: ['header'],
    ...(proofs && { dpop_signing_alg_values_supported: PROOF_ALGORITHMS }),
    ...(proofs?.required && { dpop_bound_access_tokens_required: true }),
    resource_name: resource.name,
  };
}

/** Every fault in the resources of a host, as sentences. None: they can be published. */
export function checkResources(resources: readonly ProtectedResource[]): readonly string[] {
  const uris = resources.map(({ uri }) => uri);
  const repeated = new Set(uris.filter((uri, index) => uris.indexOf(uri) < index));
  return [
    ...[...repeated].map((uri) => `Resource ${uri}: two mounts have this identifier; give each mount its own path.`),
    ...resources.flatMap(faultsOf),
  ];
}

function faultsOf(resource: ProtectedResource): readonly string[] {
  const { uri, scopes, defaultScopes } = resource;
  const faults: string[] = [];
  if (canonicalResource(uri) !== uri) {
    faults.push('its identifier must be a canonical http(s) URL without user info, query or fragment');
  }
  for (const [scope, { implies }] of scopes) {
    const name = JSON.stringify(scope);
    if (!isScopeToken(scope)) {
      faults.push(`scope ${name} must be 1 to 128 printable ASCII characters without space, quote or backslash`);
    }
    if (scope === 'offline_access') {
      faults.push('scope "offline_access" belongs to the authorization server; remove it');
    }
    for (const implied of implies.filter((other) => !scopes.has(other))) {
      faults.push(`scope ${name} implies ${JSON.stringify(implied)}, which is not declared; declare it or drop it`);
    }
  }
  for (const scope of defaultScopes.filter((other) => !scopes.has(other))) {
    faults.push(`default scope ${JSON.stringify(scope)} is not declared; declare it or drop it`);
  }
  return faults.map((fault) => `Resource ${uri}: ${fault}.`);
}
