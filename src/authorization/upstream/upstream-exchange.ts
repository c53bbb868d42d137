import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import type { Clock } from '../../core/clock.ts';
import { isLoopbackHost } from '../../core/public-url.ts';
import { clientAuthentication } from '../../gate/client-authentication.ts';
import {
  BadUpstreamAnswer,
  type UpstreamProvider,
  type UpstreamQuirks,
  type UpstreamTokens,
} from '../../gate/upstream-provider.ts';
import { exchangeFault } from './exchange-fault.ts';
import { type SignInWishes, wishParameters } from './sign-in-wishes.ts';
import { standardAnswer } from './standard-answer.ts';
import { upstreamMetadata } from './upstream-metadata.ts';
import { readTokens } from './upstream-tokens.ts';

/** What binds an authorization response to the request that it answers. */
export interface ExchangeSecrets {
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636. */
  readonly verifier: string;
}

/** The OAuth client of one identity provider. Everything rejects with Unavailable where the provider does not answer. */
export interface UpstreamExchange {
  /** Where people sign in. Rejects with BadUpstreamAnswer where the provider does not say. */
  signInPage(): Promise<URL>;
  /** Where the browser is sent. `resource` is the mount; most providers are not told of it. */
  authorizationUrl(
    secrets: ExchangeSecrets,
    redirectUri: string,
    resource: string,
    wishes?: SignInWishes,
  ): Promise<URL>;
  /**
   * Turns the authorization response into tokens. Rejects with BadUpstreamAnswer, and with ProviderRefused where the
   * provider says no.
   */
  redeem(response: URLSearchParams, secrets: ExchangeSecrets, redirectUri: string): Promise<UpstreamTokens>;
  /** New tokens for a refresh token. Rejects with ProviderRefused where the provider has ended the sign-in. */
  refresh(refreshToken: string): Promise<UpstreamTokens>;
  /** Where its profiles are, where it says so. */
  userinfo(): Promise<string | undefined>;
  /** Tells the provider that the tokens are no longer needed (RFC 7009), where it can be told. */
  revoke(token: string): Promise<void>;
}

/** What an exchange needs. `fetch` is bounded already. */
export interface UpstreamExchangeParts {
  readonly provider: UpstreamProvider;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
}

/** Speaks to one provider, its quirks translated. Rejects with ConfigError where our app has no usable key. */
export async function upstreamExchange(parts: UpstreamExchangeParts): Promise<UpstreamExchange> {
  const { provider, fetch, clock } = parts;
  const { quirks = {} } = provider;
  const metadata = upstreamMetadata(provider, fetch);
  const client: oauth.Client = { client_id: provider.client.id };
  const authentication = await clientAuthentication(provider.client);
  const asking = (as: oauth.AuthorizationServer) => ({
    [oauth.customFetch]: async (
      url: string,
      init: oauth.CustomFetchOptions<string, oauth.ProtectedResourceRequestBody>,
    ) => {
      const answer = await fetch(url, init as RequestInit);
      return url === hrefOf(as.token_endpoint) ? standardAnswer(answer, quirks) : answer;
    },
    [oauth.allowInsecureRequests]: isLoopbackHost(new URL(as.issuer).hostname),
    headers: new Headers({ accept: 'application/json', 'user-agent': 'gatehouse' }),
  });
  const guarded = async <T>(step: () => Promise<T>): Promise<T> => {
    try {
      return await step();
    } catch (error) {
      throw exchangeFault(error, quirks);
    }
  };

  return {
    signInPage: async () => signInPage(await metadata()),
    authorizationUrl: async (secrets, redirectUri, resource, wishes = {}) => {
      const more = { ...provider.parameters, ...wishParameters(provider, wishes) };
      return authorizationUrl(provider, signInPage(await metadata()), secrets, { redirectUri, resource, more });
    },
    redeem: (response, { state, nonce, verifier }, redirectUri) =>
      guarded(async () => {
        const as = await metadata();
        const parameters = oauth.validateAuthResponse(as, client, response, state);
        const answer = await oauth.authorizationCodeGrantRequest(
          as,
          client,
          authentication,
          parameters,
          redirectUri,
          quirks.noPkce ? oauth.nopkce : verifier,
          {
            ...asking(as),
            ...(quirks.scopesAtToken && { additionalParameters: { scope: provider.scopes.join(' ') } }),
          },
        );
        const judged = await issuedBy(as, answer, quirks);
        const tokens = await oauth.processAuthorizationCodeResponse(judged, client, answer, {
          ...(provider.openid && { expectedNonce: nonce, requireIdToken: true }),
        });
        const idToken = oauth.getValidatedIdTokenClaims(tokens);
        // OpenID Connect Core §3.1.3.7, 5: the library looks at it beside several audiences only.
        if ((idToken?.azp ?? client.client_id) !== client.client_id) throw new BadUpstreamAnswer('azp');
        // The connection vouches for it too (OpenID Connect Core §3.1.3.7). A copy: the library keeps keys by the object.
        if (idToken !== undefined) await oauth.validateApplicationLevelSignature({ ...as }, answer, asking(as));
        return readTokens(tokens, { asked: provider.scopes, now: clock(), ...(idToken && { idToken }) });
      }),
    refresh: (refreshToken) =>
      guarded(async () => {
        const as = await metadata();
        const answer = await oauth.refreshTokenGrantRequest(as, client, authentication, refreshToken, asking(as));
        const judged = await issuedBy(as, answer, quirks);
        const tokens = await oauth.processRefreshTokenResponse(judged, client, answer);
        // The connection vouches for it (OpenID Connect Core §3.1.3.7): the successor must not be lost over a key that is out.
        const idToken = oauth.getValidatedIdTokenClaims(tokens);
        return readTokens(tokens, { asked: provider.scopes, now: clock(), ...(idToken && { idToken }) });
      }),
    userinfo: async () => (await metadata()).userinfo_endpoint,
    revoke: (token) =>
      guarded(async () => {
        const as = await metadata();
        if (as.revocation_endpoint === undefined) return;
        const answer = await oauth.revocationRequest(as, client, authentication, token, asking(as));
        await oauth.processRevocationResponse(answer);
      }),
  };
}

const hrefOf = (url: string | undefined): string | undefined => (url === undefined ? undefined : new URL(url).href);

function signInPage({ authorization_endpoint: endpoint }: oauth.AuthorizationServer): URL {
  if (endpoint === undefined) throw new BadUpstreamAnswer('no_authorization_endpoint');
  return new URL(endpoint);
}

async function authorizationUrl(
  { client, scopes, openid, quirks = {} }: UpstreamProvider,
  url: URL,
  { state, nonce, verifier }: ExchangeSecrets,
  asked: { readonly redirectUri: string; readonly resource: string; readonly more: Readonly<Record<string, string>> },
): Promise<URL> {
  const parameters = {
    response_type: 'code',
    client_id: client.id,
    redirect_uri: asked.redirectUri,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    state,
    ...(openid && { nonce }),
    ...(!quirks.noPkce && {
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }),
    ...(quirks.forwardResource && { resource: asked.resource }),
    ...asked.more,
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}

/** The metadata with the issuer that this answer's ID token must name, where a provider has one for each tenant. */
async function issuedBy(
  as: oauth.AuthorizationServer,
  answer: Response,
  { issuerOf }: UpstreamQuirks,
): Promise<oauth.AuthorizationServer> {
  if (issuerOf === undefined) return as;
  const said: unknown = await answer
    .clone()
    .json()
    .catch((): undefined => undefined);
  const token = said !== null && typeof said === 'object' && 'id_token' in said ? said.id_token : undefined;
  if (typeof token !== 'string') return as;
  return { ...as, issuer: issuerOf(decodeJwt(token)) };
}
