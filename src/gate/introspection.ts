import { allowInsecureRequests, type ClientAuth, customFetch, introspectionRequest } from 'oauth4webapi';
import { GatehouseError, InvalidToken, Unavailable } from '../core/errors.ts';
import type { Principal } from '../core/principal.ts';
import { providerFetch } from '../core/provider-fetch.ts';
import { canonicalResource } from '../core/resource-uri.ts';
import { sha256 } from '../core/secrets.ts';
import { askedOnce } from './asked-once.ts';
import { clientAuthentication } from './client-authentication.ts';
import type { JsonObject } from './compact-jws.ts';
import { type ClaimReading, foreignPrincipal } from './foreign-principal.ts';
import { readAnswer } from './introspection-answer.ts';
import { endpointOf, issuerMetadata } from './issuer-metadata.ts';
import type { ProviderDeps } from './provider.ts';
import { readRemoteJson } from './remote-json.ts';
import { looksLikeJwt } from './token-shape.ts';
import type { UpstreamClient } from './upstream-provider.ts';
import { verifiedTokens } from './verified-tokens.ts';
import type { Verifier } from './verifier.ts';

/** How an issuer is asked about its tokens. Times in seconds. */
export interface IntrospectionOptions extends ClaimReading {
  readonly issuer: string;
  /** Left out, the issuer's metadata says. */
  readonly url?: string | undefined;
  /** Who we are there. */
  readonly client: UpstreamClient;
  /** Longest time for which a good answer is used again. 0: every call asks. */
  readonly cacheTtl: number;
  /** Whether JWTs are asked about too; otherwise they are refused unseen. */
  readonly introspectJwts: boolean;
  /** What `aud` must name one of, for each resource. Default: the resource itself. */
  readonly audiencesFor?: ((resource: string) => readonly string[]) | undefined;
  readonly allowMultiAudience?: boolean | undefined;
  /** Default one day. */
  readonly maxLifetime?: number | undefined;
  /** Members of the answer that are kept in `claims` beside the known ones. */
  readonly keepClaims?: readonly string[] | undefined;
}

/** A caller waits for the answer. Many callers may be waiting at once. */
const LIMITS = { timeoutMs: 2000, maxBytes: 65_536, maxConcurrent: 256 };
const REFUSALS = { entries: 5000, refusalTtl: 3 };

/**
 * A verifier that asks the issuer about each token (RFC 7662). Its `verify` rejects with `InvalidToken` where the token is
 * not good here, and with `Unavailable` for anything that the issuer may answer but that, our client's refusal included.
 */
export function introspectionVerifier(options: IntrospectionOptions, deps: ProviderDeps): Verifier {
  const remembered = verifiedTokens({ entries: options.cacheTtl > 0 ? 5000 : 0, ttl: options.cacheTtl }, deps.clock);
  const once = askedOnce<Principal>(REFUSALS, deps.clock);
  const ask = asking(options, deps);
  const principalOf = foreignPrincipal(options);
  const { issuer, allowMultiAudience = false, maxLifetime = 86_400 } = options;
  const keep = [...(options.keepClaims ?? []), ...(options.scopeClaims ?? []), options.tenantClaim ?? 'org_id'];
  const verifyAnew = async (token: string, resource: string): Promise<Principal> => {
    const audiences = options.audiencesFor?.(resource) ?? [resource];
    const answer = await ask(token);
    const expected = { issuer, audiences, allowMultiAudience, maxLifetime, keep, withoutExpiry: 60 };
    return Object.freeze(principalOf(readAnswer(answer, expected, deps.clock()), resource));
  };
  return {
    async verify(token, at) {
      if (!options.introspectJwts && looksLikeJwt(token)) throw new InvalidToken('jwt_not_introspected');
      const resource = canonicalResource(at.href) ?? at.href;
      const name = sha256(`${resource} ${token}`);
      return remembered.recall(token, resource, () => once(name, () => verifyAnew(token, resource)));
    },
  };
}

/** One request (RFC 7662 §2.1). The token is in its body and nowhere else. */
function asking(options: IntrospectionOptions, deps: ProviderDeps): (token: string) => Promise<JsonObject> {
  const fetch = providerFetch(deps.fetch, LIMITS);
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
