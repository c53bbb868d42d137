import type { Provider } from 'oidc-provider';
import { renderErrorPage } from './authorization-error-page.ts';
import { authorizeEndpoint, redirectIsAllowed } from './authorize-endpoint.ts';
import { defaultRegistrationPolicy } from './clients/registration-policy.ts';
import type { CookieSigner } from './cookie-keys.ts';
import { assertionReader } from './enterprise/assertions.ts';
import { serveIdJag } from './enterprise/id-jag-grant.ts';
import { issuerOfSubject } from './enterprise/trusted-issuers.ts';
import { type FormEndpoint, formEndpoint } from './form-endpoint.ts';
import { grantOfRequest, interactionPolicyOf } from './interaction-policy.ts';
import { interactionRoutes } from './interactions/interaction-routes.ts';
import { type Endpoint, type FaultOf, jsonEndpoint } from './json-endpoint.ts';
import { jwksEndpoint } from './jwks-endpoint.ts';
import { keySetFetch } from './key-set-fetch.ts';
import type { SigningKeySet } from './known-signing-keys.ts';
import { defaultLifetimes } from './lifetimes.ts';
import { oidcAdapter } from './oidc-adapter.ts';
import type { AuthorizationOptions } from './options.ts';
import { ownTokenReader, type ReadOwnToken } from './own-token.ts';
import { buildProvider, serveEndpoints } from './provider.ts';
import { registerEndpoint } from './register-endpoint.ts';
import { type ClientBudget, noLimits } from './request-limits.ts';
import { resourceServers } from './resource-servers.ts';
import { ENDPOINTS } from './server-metadata.ts';
import type { ServerParts } from './server-parts.ts';
import { signingKeyAt } from './signing-key-times.ts';
import { introspectEndpoint, revokeEndpoint } from './token-management.ts';
import { provingEndpoint } from './tokens/proving-endpoint.ts';
import { tokenEndpoint } from './tokens/token-endpoint.ts';

/** The keys that tokens and cookies are signed with. */
export interface ServerKeys {
  readonly keys: SigningKeySet;
  readonly cookies: CookieSigner;
}

/** All that is built from the keys: oidc-provider with its endpoints, the pages before it, and the reader of our own tokens. */
export function generationOf(options: AuthorizationOptions, parts: ServerParts, serverKeys: ServerKeys) {
  const { provider, faultOf } = makeProvider(options, parts, serverKeys);
  const readOwnToken = ownTokenReader(provider.issuer, serverKeys.keys.keys, options.clock);
  const built = { provider, faultOf, keys: serverKeys.keys, readOwnToken };
  serveEndpoints(provider, endpointsOf(options, parts, built));
  const { accounts, memory, byUri: resources, upstream } = parts;
  const shared = { provider, accounts, memory, resources, ...(upstream && { upstream }) };
  const pages = interactionRoutes({ limits: noLimits, ...options, ...shared });
  return { callback: provider.callback(), pages, readOwnToken };
}

function makeProvider(options: AuthorizationOptions, parts: ServerParts, { keys, cookies }: ServerKeys) {
  const { publicUrl, store, clock, log, branding, fetch, lifetimes = defaultLifetimes } = options;
  const kid = () => signingKeyAt(keys.keys, clock()).jwk.kid;
  const built: ReturnType<typeof buildProvider> = buildProvider({
    publicUrl,
    clock,
    log,
    keys: keys.keys,
    lifetimes,
    accounts: parts.accounts,
    accountNow: parts.accountNow,
    epochBegan: parts.epochs.began,
    proofs: options.proofs !== undefined,
    adapter: oidcAdapter({ store, ...parts, interactionMembers: () => built.provider.Interaction.IN_PAYLOAD }),
    cookieSigner: cookies,
    policy: options.registration ?? defaultRegistrationPolicy,
    interactionPolicy: interactionPolicyOf({ redirectIsAllowed, revocations: parts.revocations }),
    loadExistingGrant: grantOfRequest(parts.memory),
    issuerOfSubject: issuerOfSubject(parts.trusted),
    resourceServers: resourceServers({ resources: parts.byUri, machines: parts.machines, kid }),
    renderError: renderErrorPage(branding, log),
    fetch: keySetFetch(fetch),
  });
  if (parts.trusted.length > 0) {
    const readAssertion = assertionReader({ trusted: parts.trusted, issuer: built.provider.issuer, clock, log });
    serveIdJag(built.provider, { ...parts, readAssertion, resources: parts.byUri, store, clock, log, kid });
  }
  return built;
}

interface Built {
  readonly provider: Provider;
  readonly faultOf: FaultOf;
  readonly keys: SigningKeySet;
  readonly readOwnToken: ReadOwnToken;
}

function endpointsOf(options: AuthorizationOptions, parts: ServerParts, built: Built): ReadonlyMap<string, Endpoint> {
  const { store, clock, log, branding, registration, registrationMode, limits = noLimits } = options;
  const { provider, faultOf, keys, readOwnToken } = built;
  const json = (endpoint: Endpoint) => jsonEndpoint(endpoint, { faultOf, log });
  const form = (endpoint: FormEndpoint, budget: ClientBudget) => json(formEndpoint(endpoint, limits, budget));
  const proving = (endpoint: FormEndpoint) => provingEndpoint(endpoint, { proofs: options.proofs, provider, log });
  const management = { ...parts, provider, readOwnToken, log };
  const registering = {
    policy: registration ?? defaultRegistrationPolicy,
    limits,
    store,
    ...(registrationMode === 'stateless' && parts.stateless && { stateless: parts.stateless }),
  };
  return new Map([
    [ENDPOINTS.jwks, jwksEndpoint(keys)],
    [
      ENDPOINTS.authorization,
      authorizeEndpoint({
        ...parts,
        publicUrl: options.publicUrl,
        limits,
        provider,
        resources: parts.byUri,
        showError: renderErrorPage(branding, log),
        log,
      }),
    ],
    [
      ENDPOINTS.token,
      form(proving(tokenEndpoint({ ...parts, provider, resources: parts.byUri, clock, log })), 'token'),
    ],
    [ENDPOINTS.revocation, form(revokeEndpoint(management), 'introspect')],
    [ENDPOINTS.introspection, form(introspectEndpoint(management), 'introspect')],
    [ENDPOINTS.registration, json(registerEndpoint(registering))],
  ]);
}
