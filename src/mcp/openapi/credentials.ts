import * as oauth from 'oauth4webapi';
import { type ClientKey, type ClientSecret, clientProof } from '../../core/client-proof.ts';
import type { Clock } from '../../core/clock.ts';
import { Unavailable } from '../../core/errors.ts';
import type { CallContext } from '../context.ts';
import { readBaseUrl } from './request-url.ts';

/** How calls of the API are authenticated. Never by anything that the caller sent. */
export interface ApiCredentials {
  /** The headers of one call, or of a request of our own. Throws Unavailable where they cannot be had. */
  headers(context: CallContext | undefined): Promise<Readonly<Record<string, string>>>;
  /** The API has refused them: what is kept for a while is not to be used again. */
  refused?(): void;
}

/** Makes them, with the `fetch` (bounded, no redirects) and the clock of the service. */
export interface CredentialsFor {
  (deps: { readonly fetch: typeof globalThis.fetch; readonly clock: Clock }): ApiCredentials;
  /** Whether they are the caller's: there are none for requests of our own. */
  readonly ofCaller?: boolean;
}

/** Headers that are the same for every call, such as `{ 'X-API-Key': key }` or `{ Authorization: 'Bearer …' }`. */
export function fixedHeaders(given: Readonly<Record<string, string>>): CredentialsFor {
  const odd = Object.entries(given).find(([, value]) => !/^[\t\x20-\x7e]+$/.test(value));
  if (odd !== undefined) throw new TypeError(`The header ${odd[0]} has a value that no header can carry.`);
  return () => ({ headers: async () => given });
}

/** The caller's own token at the identity provider that they signed in at (`context.upstream()`), for the API of that provider. */
export const upstreamToken = (): CredentialsFor =>
  Object.assign(
    () => ({
      async headers(context: CallContext | undefined) {
        if (context === undefined) throw new TypeError('There is no caller whose token could be sent.');
        return { authorization: `Bearer ${(await context.upstream()).accessToken}` };
      },
    }),
    { ofCaller: true },
  );

/** A client of the authorization server that the API trusts (RFC 6749 §4.4). */
export type ClientCredentialsOptions = {
  readonly tokenEndpoint: string;
  readonly clientId: string;
  readonly scopes?: readonly string[];
  /** RFC 8707. */
  readonly resource?: string;
  /** For servers that ask for an audience instead. */
  readonly audience?: string;
} & (ClientSecret | ClientKey);

/** Seconds before its end after which a token is not sent any more. */
const EARLY = 30;
/** Seconds from one token that was given up for a 401 to the next: callers can make an API answer that. */
const GIVEN_UP_EACH = 30;
/** Seconds that a token is kept whose end is not told. */
const UNTOLD = 300;

/** A token of our own for all callers, kept until shortly before its end. */
export function clientCredentials(options: ClientCredentialsOptions): CredentialsFor {
  const endpoint = readBaseUrl(options.tokenEndpoint, 'tokenEndpoint', false);
  return ({ fetch, clock }) => {
    let current: KeptToken | undefined;
    let givenUpAt = -Infinity;
    /** Calls at once share one request; what failed is not kept. */
    const begin = (): KeptToken => {
      const asked = requestToken(endpoint, options, fetch, clock);
      const token = asked.then((answer) => answer.token);
      const kept: KeptToken = { token, until: Number.POSITIVE_INFINITY };
      asked.then(
        ({ until }) => {
          kept.until = until;
        },
        () => {
          if (current === kept) current = undefined;
        },
      );
      return kept;
    };
    return {
      async headers() {
        if (current === undefined || current.until <= clock()) current = begin();
        return { authorization: `Bearer ${await current.token}` };
      },
      refused() {
        if (current === undefined || clock() - givenUpAt < GIVEN_UP_EACH) return;
        givenUpAt = clock();
        current = undefined;
      },
    };
  };
}

interface KeptToken {
  readonly token: Promise<string>;
  /** Epoch seconds. */
  until: number;
}

async function requestToken(
  endpoint: URL,
  options: ClientCredentialsOptions,
  fetch: typeof globalThis.fetch,
  clock: Clock,
): Promise<{ readonly token: string; readonly until: number }> {
  const { clientId, scopes = [], resource, audience } = options;
  const as: oauth.AuthorizationServer = { issuer: endpoint.origin, token_endpoint: endpoint.href };
  const client: oauth.Client = { client_id: clientId };
  const parameters = new URLSearchParams({
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(resource !== undefined && { resource }),
    ...(audience !== undefined && { audience }),
  });
  try {
    const response = await oauth.clientCredentialsGrantRequest(as, client, await clientProof(options), parameters, {
      [oauth.customFetch]: (url, init) => fetch(url, init as RequestInit),
      [oauth.allowInsecureRequests]: endpoint.protocol === 'http:',
    });
    const {
      access_token,
      expires_in = UNTOLD,
      token_type,
    } = await oauth.processClientCredentialsResponse(as, client, response);
    if (token_type !== 'bearer') throw new Unavailable('api_token_of_another_kind');
    return { token: access_token, until: clock() + expires_in - EARLY };
  } catch (cause) {
    throw cause instanceof Unavailable ? cause : new Unavailable('api_token_refused', cause);
  }
}
