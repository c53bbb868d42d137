import { allowInsecureRequests, type ClientAuth, customFetch, introspectionRequest } from 'oauth4webapi';
import { GatehouseError, InvalidToken, Unavailable } from '../core/errors.ts';
import { providerFetch } from '../core/provider-fetch.ts';
import { ASKED_LIMITS, type AskedVerifierOptions, askedVerifier } from './asked-verifier.ts';
import { clientAuthentication } from './client-authentication.ts';
import type { JsonObject } from './compact-jws.ts';
import { endpointOf, issuerMetadata } from './issuer-metadata.ts';
import type { ProviderDeps } from './provider.ts';
import { readRemoteJson } from './remote-json.ts';
import { looksLikeJwt } from './token-shape.ts';
import type { UpstreamClient } from './upstream-provider.ts';
import type { Verifier } from './verifier.ts';

/** How an issuer is asked about its tokens. Times in seconds. */
export interface IntrospectionOptions extends AskedVerifierOptions {
  /** Left out, the issuer's metadata says. */
  readonly url?: string | undefined;
  /** Who we are there. */
  readonly client: UpstreamClient;
  /** Whether JWTs are asked about too; otherwise they are refused unseen. */
  readonly introspectJwts: boolean;
}

/**
 * A verifier that asks the issuer about each token (RFC 7662). Its `verify` rejects with `InvalidToken` where the token is
 * not good here, and with `Unavailable` for anything that the issuer may answer but that, our client's refusal included.
 */
export function introspectionVerifier(options: IntrospectionOptions, deps: ProviderDeps): Verifier {
  const asked = askedVerifier(options, asking(options, deps), deps);
  return {
    async verify(token, ...more) {
      if (!options.introspectJwts && looksLikeJwt(token)) throw new InvalidToken('jwt_not_introspected');
      return asked.verify(token, ...more);
    },
  };
}

/** One request (RFC 7662 §2.1). The token is in its body and nowhere else. */
function asking(options: IntrospectionOptions, deps: ProviderDeps): (token: string) => Promise<JsonObject> {
  const fetch = providerFetch(deps.fetch, ASKED_LIMITS);
  const metadata = issuerMetadata(options.issuer, deps);
  const settings = {
    [customFetch]: (url: string, init: RequestInit) => fetch(url, init),
    // Which URLs may do without TLS has been decided: by the settings, or by `endpointOf`.
    [allowInsecureRequests]: true,
    additionalParameters: { token_type_hint: 'access_token' },
  };
  let authenticated: Promise<ClientAuth> | undefined;
  return async (token) => {
    const endpoint = options.url ?? endpointOf(await metadata.current(), 'introspection_endpoint', deps);
    const server = { issuer: options.issuer, introspection_endpoint: endpoint };
    const client = { client_id: options.client.id };
    authenticated ??= clientAuthentication(options.client);
    const response = await introspectionRequest(server, client, await authenticated, token, settings).catch(
      (cause: unknown) => {
        throw cause instanceof GatehouseError ? cause : new Unavailable('introspection_unavailable', cause);
      },
    );
    if ([400, 401, 403].includes(response.status)) {
      deps.log.error('introspection_client_refused', { status: response.status, client: options.client.id });
      throw new Unavailable('introspection_client_refused');
    }
    // RFC 9701 §4: a signed answer comes only to those who ask for one.
    if (response.status === 200 && !/^application\/json(?:\s*;|$)/i.test(response.headers.get('content-type') ?? '')) {
      throw new Unavailable('answered_no_json');
    }
    return (await readRemoteJson(response)).body;
  };
}
