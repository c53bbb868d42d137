import {
  type AuthorizationServerMetadata,
  checkResourceAllowed,
  discoverOAuthServerInfo,
  type OAuthDiscoveryState,
} from '@modelcontextprotocol/client';
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

/**
 * RFC 9728, then RFC 8414: the resource names its authorization server, which names itself by the same issuer. Rejects
 * with SignInFailed where one of them says nothing, and with what the SDK throws for metadata that are not the server's.
 */
export async function discover(
  resource: URL,
  resourceMetadataUrl: URL | undefined,
  fetch: typeof globalThis.fetch,
): Promise<Found> {
  const documents: string[] = [];
  const noting: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    if (response.ok) documents.push(input instanceof Request ? input.url : String(input));
    return response;
  };
  const info = await discoverOAuthServerInfo(resource, {
    fetchFn: noting,
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
  if (named !== undefined && !checkResourceAllowed({ requestedResource: resource, configuredResource: named })) {
    throw new SignInFailed('no_metadata', `${resource} says that it is ${named}: tokens would be for somebody else.`);
  }
  return {
    ...info,
    ...(resourceMetadataUrl && { resourceMetadataUrl: resourceMetadataUrl.href }),
    authorizationServerMetadata: metadata,
    issuer: metadata.issuer,
    resource: named,
    documents,
  };
}
