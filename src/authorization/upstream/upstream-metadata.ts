import * as oauth from 'oauth4webapi';
import { Unavailable } from '../../core/errors.ts';
import { isLoopbackHost } from '../../core/public-url.ts';
import { BadUpstreamAnswer, type UpstreamProvider } from '../../gate/upstream-provider.ts';
import { exchangeFault } from './exchange-fault.ts';

/** How long a discovery document is good, in milliseconds, and how soon a failed look is tried again. */
const GOOD_MS = 3_600_000;

/**
 * Where the provider's endpoints are: from its adapter, and from its discovery document where the adapter leaves some out.
 * Read when first needed, once for all who wait; an old document is used while a new one is not to be had.
 */
export function upstreamMetadata(
  { server }: UpstreamProvider,
  fetch: typeof globalThis.fetch,
  monotonic: () => number = () => performance.now(),
): () => Promise<oauth.AuthorizationServer> {
  const told = {
    ...(server.authorization !== undefined && { authorization_endpoint: server.authorization }),
    ...(server.token !== undefined && { token_endpoint: server.token }),
    ...(server.revocation !== undefined && { revocation_endpoint: server.revocation }),
    ...(server.jwks !== undefined && { jwks_uri: server.jwks }),
    ...(server.userinfo !== undefined && { userinfo_endpoint: server.userinfo }),
  };
  if (server.authorization !== undefined && server.token !== undefined) {
    return async () => ({ issuer: server.issuer, ...told });
  }
  let known: { readonly at: number; readonly document: oauth.AuthorizationServer } | undefined;
  let reading: Promise<oauth.AuthorizationServer> | undefined;
  return async () => {
    if (known !== undefined && monotonic() - known.at < GOOD_MS) return known.document;
    reading ??= discover(server.issuer, fetch).finally(() => {
      reading = undefined;
    });
    try {
      const document = { ...(await reading), ...told };
      known = { at: monotonic(), document };
      return document;
    } catch (error) {
      if (known !== undefined) return known.document;
      throw error;
    }
  };
}

/** OpenID Connect Discovery, then RFC 8414; the document must be the issuer's own. */
async function discover(issuer: string, fetch: typeof globalThis.fetch): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  const options = {
    [oauth.customFetch]: (address: string, init: object) => fetch(address, init),
    [oauth.allowInsecureRequests]: isLoopbackHost(url.hostname),
  };
  try {
    for (const algorithm of ['oidc', 'oauth2'] as const) {
      const response = await oauth.discoveryRequest(url, { ...options, algorithm });
      if (response.status === 404 && algorithm === 'oidc') continue;
      if (response.status !== 200) throw new Unavailable(`provider_discovery_status_${response.status}`);
      const document = await oauth.processDiscoveryResponse(url, response);
      if (document.issuer !== issuer) throw new BadUpstreamAnswer('issuer_of_the_discovery_document');
      refuseUnsafe(document, isLoopbackHost(url.hostname) ? ['https:', 'http:'] : ['https:']);
      return document;
    }
  } catch (error) {
    throw exchangeFault(error, {});
  }
  throw new Unavailable('provider_without_discovery');
}

/** Those that we use ourselves; the library looks at the others before it does. */
function refuseUnsafe(document: oauth.AuthorizationServer, protocols: readonly string[]): void {
  for (const name of ['authorization_endpoint', 'userinfo_endpoint'] as const) {
    const text = document[name];
    if (text !== undefined && !protocols.includes(URL.parse(text)?.protocol ?? '')) {
      throw new BadUpstreamAnswer(`unsafe_${name}`);
    }
  }
}
