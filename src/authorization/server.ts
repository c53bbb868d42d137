import type { Router } from 'express';
import type { Provider } from 'oidc-provider';
import { publishedUrl } from '../core/public-url.ts';
import { jwtVerifier } from '../gate/jwt.ts';
import type { Verifier } from '../gate/verifier.ts';
import type { Accounts } from './accounts/accounts.ts';
import { renderErrorPage } from './authorization-error-page.ts';
import { authorizeEndpoint, redirectIsAllowed } from './authorize-endpoint.ts';
import { defaultRegistrationPolicy } from './clients/registration-policy.ts';
import { endpointRoutes, isEndpointPath } from './endpoint-routes.ts';
import { type FormEndpoint, formEndpoint } from './form-endpoint.ts';
import { generations } from './generations.ts';
import { grantOfRequest, interactionPolicyOf } from './interaction-policy.ts';
import { basePath } from './interactions/interaction-paths.ts';
import { interactionRoutes } from './interactions/interaction-routes.ts';
import { type Endpoint, type FaultOf, jsonEndpoint } from './json-endpoint.ts';
import { jwksEndpoint } from './jwks-endpoint.ts';
import { keySetFetch } from './key-set-fetch.ts';
import { knownSigningKeys, type SigningKeySet } from './known-signing-keys.ts';
import { defaultLifetimes } from './lifetimes.ts';
import type { Machines } from './machines.ts';
import { oidcAdapter } from './oidc-adapter.ts';
import { type Clients, operatorClients } from './operator-clients.ts';
import { type OperatorRevocations, operatorRevocations } from './operator-revocations.ts';
import type { AuthorizationOptions } from './options.ts';
import { ownTokenReader, type ReadOwnToken } from './own-token.ts';
import { buildProvider, serveEndpoints } from './provider.ts';
import { registerEndpoint } from './register-endpoint.ts';
import { type ClientBudget, noLimits } from './request-limits.ts';
import { resourceServers } from './resource-servers.ts';
import { ENDPOINTS, metadataDocuments } from './server-metadata.ts';
import { type ServerParts, serverParts } from './server-parts.ts';
import { signingKeyAt, signingKeyOverlap } from './signing-key-times.ts';
import { cookieKeys, SIGNING_ALGORITHM } from './signing-keys.ts';
import { introspectEndpoint, revokeEndpoint } from './token-management.ts';
import { tokenEndpoint } from './tokens/token-endpoint.ts';

export { defaultLifetimes, type Lifetimes } from './lifetimes.ts';
export type { AuthorizationOptions } from './options.ts';

/** The authorization server: its endpoints and pages, and what its operator does with accounts, machines and tokens. */
export interface AuthorizationServer {
  readonly issuer: string;
  /** Metadata documents by absolute path of the origin, in every spelling that is right for this issuer. */
  readonly documents: ReadonlyMap<string, object>;
  /** To be mounted at the path of the public URL. Passes on what is not its own. */
  readonly router: Router;
  /** Whether an absolute path is one of the endpoints or pages of `router`. */
  owns(path: string): boolean;
  /** Verifies the access tokens that are issued here. */
  readonly verifier: Verifier;
  readonly accounts: Accounts;
  readonly machines: Machines;
  readonly clients: Clients;
  readonly revocations: OperatorRevocations;
  /** Rejects with Unavailable when the store does not answer. */
  ready(): Promise<void>;
  /** Ends what is the server's own. The store was handed in and stays open. */
  close(): Promise<void>;
}

/** Starts the authorization server: makes its keys where there are none, and publishes everything from the options. */
export async function createAuthorizationServer(options: AuthorizationOptions): Promise<AuthorizationServer> {
  const { publicUrl, store, clock, log, resources, registrationMode = 'open', documentedClients = true } = options;
  const issuer = publishedUrl(publicUrl);
  const parts = serverParts(options);
  const { accounts, machines, revocations } = parts;
  const overlap = signingKeyOverlap(options.lifetimes ?? defaultLifetimes);
  const known = await knownSigningKeys({ store, clock, log, overlap, changed: () => verifier.clear() });
  const verifier = jwtVerifier({
    issuer,
    keys: known.source,
    algorithms: [SIGNING_ALGORITHM],
    types: ['at+jwt'],
    isRevoked: revocations.isRevoked,
    clock,
    log,
  });
  const cookies = await cookieKeys(store);
  const generation = await generations(known, (keys) => generationOf(options, parts, { keys, cookies }));
  const base = basePath(publicUrl);
  return {
    issuer,
    documents: metadataDocuments(issuer, resources, {
      registration: registrationMode !== 'off',
      documents: documentedClients,
    }),
    router: endpointRoutes({
      publicUrl,
      provider: { callback: () => async (request, response) => (await generation()).callback(request, response) },
      pages: async (request, response, next) => (await generation()).pages(request, response, next),
      registration: registrationMode,
    }),
    owns: (path) => path.startsWith(`${base}/`) && isEndpointPath(path.slice(base.length)),
    verifier: {
      async verify(token, resource) {
        // A token that is remembered must not outlive its key by more than the keys are old.
        await known.current();
        return verifier.verify(token, resource);
      },
    },
    accounts,
    machines,
    clients: operatorClients(parts.clients),
    revocations: operatorRevocations({
      store,
      revocations,
      readOwnToken: async (token) => (await generation()).readOwnToken(token),
    }),
    ready: async () => {
      await store.get('ready');
    },
    close: async () => verifier.clear(),
  };
}

/** What signing and cookie keys go into. */
interface ServerKeys {
  readonly keys: SigningKeySet;
  readonly cookies: readonly string[];
}

/** All that is built from the keys. */
function generationOf(options: AuthorizationOptions, parts: ServerParts, serverKeys: ServerKeys) {
  const { provider, faultOf } = makeProvider(options, parts, serverKeys);
  const readOwnToken = ownTokenReader(provider.issuer, serverKeys.keys.keys, options.clock);
  const built = { provider, faultOf, keys: serverKeys.keys, readOwnToken };
  serveEndpoints(provider, endpointsOf(options, parts, built));
  const { accounts, memory, byUri: resources } = parts;
  const pages = interactionRoutes({ limits: noLimits, ...options, provider, accounts, memory, resources });
  return { callback: provider.callback(), pages, readOwnToken };
}

function makeProvider(options: AuthorizationOptions, parts: ServerParts, { keys, cookies }: ServerKeys) {
  const { publicUrl, store, clock, log, branding, fetch, lifetimes = defaultLifetimes } = options;
  return buildProvider({
    publicUrl,
    clock,
    log,
    keys: keys.keys,
    lifetimes,
    accounts: parts.accounts,
    adapter: oidcAdapter({ store, ...parts }),
    cookieKeys: cookies,
    policy: options.registration ?? defaultRegistrationPolicy,
    interactionPolicy: interactionPolicyOf({ redirectIsAllowed, revocations: parts.revocations }),
    loadExistingGrant: grantOfRequest(parts.memory),
    resourceServers: resourceServers({
      resources: parts.byUri,
      machines: parts.machines,
      kid: () => signingKeyAt(keys.keys, clock()).jwk.kid,
    }),
    renderError: renderErrorPage(branding, log),
    fetch: keySetFetch(fetch),
  });
}

interface Built {
  readonly provider: Provider;
  readonly faultOf: FaultOf;
  readonly keys: SigningKeySet;
  readonly readOwnToken: ReadOwnToken;
}

function endpointsOf(options: AuthorizationOptions, parts: ServerParts, built: Built): ReadonlyMap<string, Endpoint> {
  const { clock, log, branding, registration, registrationMode, limits = noLimits } = options;
  const { provider, faultOf, keys, readOwnToken } = built;
  const json = (endpoint: Endpoint) => jsonEndpoint(endpoint, { faultOf, log });
  const form = (endpoint: FormEndpoint, budget: ClientBudget) => json(formEndpoint(endpoint, limits, budget));
  const management = { ...parts, provider, readOwnToken, log };
  const registering = {
    policy: registration ?? defaultRegistrationPolicy,
    limits,
    ...(registrationMode === 'stateless' && parts.stateless && { stateless: parts.stateless }),
  };
  return new Map([
    [ENDPOINTS.jwks, jwksEndpoint(keys)],
    [
      ENDPOINTS.authorization,
      authorizeEndpoint({
        ...parts,
        limits,
        provider,
        resources: parts.byUri,
        showError: renderErrorPage(branding, log),
        log,
      }),
    ],
    [ENDPOINTS.token, form(tokenEndpoint({ ...parts, provider, resources: parts.byUri, clock, log }), 'token')],
    [ENDPOINTS.revocation, form(revokeEndpoint(management), 'introspect')],
    [ENDPOINTS.introspection, form(introspectEndpoint(management), 'introspect')],
    [ENDPOINTS.registration, json(registerEndpoint(registering))],
  ]);
}
