import type {
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from '@modelcontextprotocol/client';
import { randomToken } from '../core/secrets.ts';
import type { LoopbackCallback } from './loopback-callback.ts';

/** What a terminal client brings to a sign-in. */
export interface OAuthStateParts {
  /** Shown to the person on the consent page. */
  readonly clientName: string;
  readonly callback: LoopbackCallback;
  /** Puts the authorization URL in front of the person. */
  readonly present: (url: URL) => void | Promise<void>;
}

/**
 * What a client remembers between the steps of a sign-in, in memory only. It has the shape of the MCP SDK's
 * `OAuthClientProvider`; what the SDK hands over is kept as it is.
 */
export function keepOAuthState<
  Client = StoredOAuthClientInformation,
  Tokens = StoredOAuthTokens,
  Discovery = OAuthDiscoveryState,
>({ clientName, callback, present }: OAuthStateParts) {
  let client: Client | undefined;
  let tokens: Tokens | undefined;
  let discovery: Discovery | undefined;
  let verifier = '';
  let state = '';
  let answer: Promise<URLSearchParams> | undefined;
  return {
    redirectUrl: callback.redirectUri,
    clientMetadata: publicNativeClient(clientName, callback.redirectUri),
    /** A fresh `state` for each sign-in; the callback lets only the latest through. */
    state: () => {
      state = randomToken();
      return state;
    },
    clientInformation: () => client,
    saveClientInformation: (information: Client) => {
      client = information;
    },
    tokens: () => tokens,
    saveTokens: (fresh: Tokens) => {
      tokens = fresh;
    },
    discoveryState: () => discovery,
    saveDiscoveryState: (found: Discovery) => {
      discovery = found;
    },
    saveCodeVerifier: (fresh: string) => {
      verifier = fresh;
    },
    codeVerifier: () => verifier,
    async redirectToAuthorization(url: URL) {
      answer = callback.expect(state);
      await present(url);
    },
    /** What the authorization server answered to the sign-in under way. Throws TypeError where none is. */
    answer: () => {
      if (answer === undefined) throw new TypeError('No sign-in is under way.');
      return answer;
    },
  };
}

/** RFC 7591 §2 and RFC 8252: a native application keeps no secret and comes back to this machine. */
const publicNativeClient = (clientName: string, redirectUri: string) => ({
  client_name: clientName,
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
  application_type: 'native' as const,
});
