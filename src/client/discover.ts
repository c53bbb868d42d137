import {
  type AuthorizationServerMetadata,
  checkResourceAllowed,
  discoverOAuthServerInfo,
  type OAuthDiscoveryState,
} from '@modelcontextprotocol/client';
import { Unavailable } from '../core/errors.ts';
import { SignInFailed } from './sign-in-failed.ts';

/** Who gives tokens for a resource, as the resource's own metadata say. */
export interface Found extends OAuthDiscoveryState {
  readonly authorizationServerMetadata: AuthorizationServerMetadata;
  readonly issuer: string;
  /** What tokens are asked for (RFC 8707); undefined for an older server that does not say. */
  readonly resource: string | undefined;
  /** The URLs of the documents that were read. */
  readonly documents: readonly string[];
}

/** How metadata are read. */
export interface DiscoverParts {
  readonly fetch: typeof globalThis.fetch;
  /** Where a challenge says that the metadata of the resource are. */
  readonly resourceMetadataUrl?: URL | undefined;
  /** Whether a resource may say that it is what its URL lies below of. */
  readonly allowTokensForWiderResource?: boolean | undefined;
}

/**
 * RFC 9728, then RFC 8414: the resource names itself (§3.3) and its authorization server, which names itself by the same
 * issuer. Rejects with SignInFailed where one of them says nothing or another, with Unavailable where the resource cannot
 * say it now, and with what the SDK throws for metadata that are not the server's.
 */
export async function discover(resource: URL, parts: DiscoverParts): Promise<Found> {
  const { fetch, resourceMetadataUrl, allowTokensForWiderResource = false } = parts;
  const documents: string[] = [];
  const fetchFn = orOutage(noting(fetch, documents), resourceMetadataUrl);
  const info = await discoverOAuthServerInfo(resource, {
    fetchFn,
    ...(resourceMetadataUrl && { resourceMetadataUrl }),
  });
  const { authorizationServerMetadata: metadata, resourceMetadata } = info;
  if (resourceMetadata === undefined && resourceMetadataUrl !== undefined) {
    throw new SignInFailed('no_metadata', `${resourceMetadataUrl} does not describe ${resource}.`);
  }
  if (metadata === undefined) {
    throw new SignInFailed('no_metadata', `${info.authorizationServerUrl} does not describe an authorization server.`);
  }
  const named = resourceMetadata?.resource;
  if (named !== undefined) checkNamed(named, resource, allowTokensForWiderResource);
  return {
    ...info,
    ...(resourceMetadataUrl && { resourceMetadataUrl: resourceMetadataUrl.href }),
    authorizationServerMetadata: metadata,
    issuer: metadata.issuer,
    resource: named,
    documents,
  };
}

/** Writes down which documents there are. */
const noting =
  (fetch: typeof globalThis.fetch, documents: string[]): typeof globalThis.fetch =>
  async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok) documents.push(urlOf(input));
    return response;
  };

/**
 * The SDK takes a resource that cannot answer for one of the older kind, whose origin is its authorization server. Here
 * nothing more is asked then: every later fetch rejects, too.
 */
function orOutage(fetch: typeof globalThis.fetch, resourceMetadataUrl: URL | undefined): typeof globalThis.fetch {
  let outage: unknown;
  const isOfResource = (url: string): boolean =>
    url === resourceMetadataUrl?.href || new URL(url).pathname.startsWith('/.well-known/oauth-protected-resource');
  return async (input, init) => {
    if (outage !== undefined) throw outage;
    if (!isOfResource(urlOf(input))) return fetch(input, init);
    try {
      const response = await fetch(input, init);
      if (response.status === 429 || response.status >= 500) throw new Unavailable('resource_metadata_unavailable');
      return response;
    } catch (error) {
      outage = error;
      throw error;
    }
  };
}

const urlOf = (input: string | URL | Request): string => (input instanceof Request ? input.url : String(input));

/**
 * RFC 9728 §3.3: a resource that says it is what it only lies below of would be given tokens that are good for all of it.
 * A slash at the end of the URL, and a query that the metadata leave out, make no other resource.
 */
function checkNamed(named: string, resource: URL, allowWider: boolean): void {
  const said = URL.parse(named);
  const asked = new URL(resource);
  if (said?.search === '') asked.search = '';
  if (said && (asked.href === said.href || asked.href === `${said.href}/`)) return;
  const isWider = said !== null && checkResourceAllowed({ requestedResource: resource, configuredResource: said });
  if (isWider && allowWider) return;
  const hint = isWider ? ' Where that server may have them, say allowTokensForWiderResource.' : '';
  throw new SignInFailed(
    'no_metadata',
    `${resource} says that it is ${named}: tokens would be for somebody else.${hint}`,
  );
}
