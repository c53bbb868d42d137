import * as oauth from 'oauth4webapi';
import type { Person } from '../../support/person.ts';

/** The hosts of the tests speak plain http on this machine. */
export const reach = { [oauth.allowInsecureRequests]: true } as const;

const REDIRECT = 'http://127.0.0.1:49152/callback';

/** RFC 9728 and RFC 8414, each document checked against the identifier that led to it. */
export async function discover(resource: URL): Promise<oauth.AuthorizationServer> {
  const found = await oauth.resourceDiscoveryRequest(resource, reach);
  const { authorization_servers: [issuer] = [] } = await oauth.processResourceDiscoveryResponse(resource, found);
  const url = new URL(String(issuer));
  const answer = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...reach });
  return oauth.processDiscoveryResponse(url, answer);
}

/** RFC 7591: a public client. */
export async function register(as: oauth.AuthorizationServer, more: Partial<oauth.Client> = {}): Promise<oauth.Client> {
  const metadata = {
    client_name: 'Strict client',
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    ...more,
  };
  return oauth.processDynamicClientRegistrationResponse(
    await oauth.dynamicClientRegistrationRequest(as, metadata, reach),
  );
}

/** One sign-in: PKCE, `state`, `iss` and the resource, all checked. */
export interface SignIn {
  readonly as: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly person: Person;
  readonly resource: URL;
  readonly scope: string;
  /** The key that the tokens shall be bound to (RFC 9449). */
  readonly key?: oauth.DPoPHandle;
  /** More parameters of the authorization request. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Walks the authorization code grant to its tokens (RFC 6749 §4.1, RFC 7636, RFC 8707, RFC 9207). */
export async function signIn(choices: SignIn): Promise<oauth.TokenEndpointResponse> {
  const { as, client, person, resource, scope, key, parameters: more } = choices;
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const url = new URL(String(as.authorization_endpoint));
  url.search = new URLSearchParams({
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: REDIRECT,
    scope,
    resource: resource.href,
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  }).toString();
  const parameters = oauth.validateAuthResponse(as, client, await person.arriveAt(url), state);
  const answer = await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), parameters, REDIRECT, verifier, {
    additionalParameters: { resource: resource.href },
    ...bound(key),
    ...reach,
  });
  return oauth.processAuthorizationCodeResponse(as, client, answer);
}

/** RFC 6749 §6. */
export async function refresh(
  as: oauth.AuthorizationServer,
  client: oauth.Client,
  token: string,
  parameters: Record<string, string> = {},
  key?: oauth.DPoPHandle,
): Promise<oauth.TokenEndpointResponse> {
  const options = { additionalParameters: parameters, ...bound(key), ...reach };
  const answer = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), token, options);
  return oauth.processRefreshTokenResponse(as, client, answer);
}

const bound = (key: oauth.DPoPHandle | undefined) => (key === undefined ? {} : { DPoP: key });

/** An MCP call as plain HTTP, in the stateless protocol of 2025. Throws WWWAuthenticateChallengeError on a challenge. */
export function callTool(
  resource: URL,
  token: string,
  name: string,
  input: object = {},
  key?: oauth.DPoPHandle,
): Promise<Response> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: input } });
  const headers = new Headers({ 'content-type': 'application/json', accept: 'application/json, text/event-stream' });
  return oauth.protectedResourceRequest(token, 'POST', resource, headers, body, { ...bound(key), ...reach });
}
