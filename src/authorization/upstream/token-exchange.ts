import * as oauth from 'oauth4webapi';
import { InvalidToken, Unavailable } from '../../core/errors.ts';
import { providerFetch } from '../../core/provider-fetch.ts';
import { recentMap } from '../../core/recent-map.ts';
import { sha256 } from '../../core/secrets.ts';
import type { UpstreamToken } from '../../core/upstream-token.ts';
import { askedOnce } from '../../gate/asked-once.ts';
import { clientAuthentication } from '../../gate/client-authentication.ts';
import { endpointOf, issuerMetadata } from '../../gate/issuer-metadata.ts';
import type { ProviderDeps } from '../../gate/provider.ts';
import { ACCESS_TOKEN, TOKEN_EXCHANGE, type TokenExchangeRules } from '../../gate/token-exchange.ts';
import { BadUpstreamAnswer } from '../../gate/upstream-provider.ts';
import { exchangeFault, ProviderRefused } from './exchange-fault.ts';
import { readTokens } from './upstream-tokens.ts';

/**
 * A live token for the API behind us, in exchange for a caller's own token. Rejects with InvalidToken where the provider takes
 * that token no more, with Unavailable where it is out or refuses our app, and with ProviderRefused for any other no.
 */
export type TokenExchange = (callersToken: string) => Promise<UpstreamToken>;

/** A tool waits for the answer. */
const LIMITS = { timeoutMs: 5000, maxBytes: 65_536, maxConcurrent: 256 };
const REFUSALS = { entries: 5000, refusalTtl: 3 };
/** Tokens that are kept at once, by a hash of the token that they came for. */
const KEPT = 5000;
/** Exchanged anew with fewer seconds left than this. */
const EARLY = 60;
/** Seconds that a token is kept of whose end the provider says nothing. */
const UNTOLD = 60;

/** Exchanges the tokens of one issuer, at the token endpoint that its own metadata names and nowhere else (RFC 8693 §2.1). */
export function tokenExchange(issuer: string, rules: TokenExchangeRules, deps: ProviderDeps): TokenExchange {
  const { clock } = deps;
  const request = requesting(issuer, rules, deps);
  const once = askedOnce<UpstreamToken>(REFUSALS, clock);
  const kept = recentMap<{ readonly token: UpstreamToken; readonly until: number }>(KEPT);
  return async (callersToken) => {
    // By the token and not by the person: another client of theirs may be allowed less.
    const name = sha256(callersToken);
    const known = kept.get(name);
    if (known !== undefined && known.until > clock()) return known.token;
    return once(name, async () => {
      const token = await request(callersToken);
      const until = token.expiresAt === undefined ? clock() + UNTOLD : token.expiresAt - EARLY;
      kept.set(name, { token, until });
      return token;
    });
  };
}

/** One request. The caller's token is in its body and nowhere else. */
function requesting(issuer: string, rules: TokenExchangeRules, deps: ProviderDeps): TokenExchange {
  const fetch = providerFetch(deps.fetch, LIMITS);
  const metadata = issuerMetadata(issuer, deps);
  const client: oauth.Client = { client_id: rules.client.id };
  const settings = {
    [oauth.customFetch]: (url: string, init: object) => fetch(url, init),
    // Which URLs may do without TLS has been decided by `endpointOf`.
    [oauth.allowInsecureRequests]: true,
    headers: new Headers({ accept: 'application/json', 'user-agent': 'gatehouse' }),
  };
  let authenticated: Promise<oauth.ClientAuth> | undefined;
  return async (callersToken) => {
    const server = { issuer, token_endpoint: endpointOf(await metadata.current(), 'token_endpoint', deps) };
    authenticated ??= clientAuthentication(rules.client);
    const authentication = await authenticated;
    const form = formOf(rules, callersToken);
    try {
      const response = await oauth.genericTokenEndpointRequest(
        server,
        client,
        authentication,
        TOKEN_EXCHANGE,
        form,
        settings,
      );
      const answer = await oauth.processGenericTokenEndpointResponse(server, client, response);
      return tokenOf(answer, rules, deps.clock());
    } catch (error) {
      throw faultOf(error);
    }
  };
}

function formOf({ audiences, resources, scopes, subjectTokenType }: TokenExchangeRules, token: string): string[][] {
  return [
    ['subject_token', token],
    ['subject_token_type', subjectTokenType],
    ['requested_token_type', ACCESS_TOKEN],
    ...audiences.map((audience) => ['audience', audience]),
    ...resources.map((resource) => ['resource', resource]),
    ...(scopes.length > 0 ? [['scope', scopes.join(' ')]] : []),
  ];
}

function tokenOf(answer: oauth.TokenEndpointResponse, rules: TokenExchangeRules, now: number): UpstreamToken {
  const { issued_token_type: issued = ACCESS_TOKEN } = answer;
  // RFC 8693 §2.2.1; access tokens that are JWTs are called so by some.
  if (issued !== ACCESS_TOKEN && issued !== 'urn:ietf:params:oauth:token-type:jwt') {
    throw new BadUpstreamAnswer('issued_token_type');
  }
  const { accessToken, scopes, expiresAt } = readTokens(answer, { asked: rules.scopes, now });
  return Object.freeze({ accessToken, scopes: Object.freeze(scopes), ...(expiresAt !== undefined && { expiresAt }) });
}

/** `invalid_request` may be about the caller's token (RFC 8693 §2.2.2) or about our settings: signing in anew must not loop. */
function faultOf(error: unknown): Error {
  const fault = exchangeFault(error, { endedErrors: ['invalid_token'] });
  if (fault instanceof ProviderRefused && fault.ended) return new InvalidToken(`exchange_${fault.code}`);
  if (fault instanceof BadUpstreamAnswer) return new Unavailable(`exchange_${fault.reason}`);
  return fault;
}
