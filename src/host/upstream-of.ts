import type { AuthorizationServer } from '../authorization/authorization-server.ts';
import { ProviderRefused } from '../authorization/upstream/exchange-fault.ts';
import { type TokenExchange, tokenExchange } from '../authorization/upstream/token-exchange.ts';
import type { Log } from '../core/log.ts';
import type { Principal } from '../core/principal.ts';
import type { UpstreamToken } from '../core/upstream-token.ts';
import type { Provider } from '../gate/provider.ts';
import { ToolError } from '../mcp/tool-error.ts';
import { type ProviderParts, providerDeps } from './provider-deps.ts';

/** What callers' tokens for an API come from. */
export interface UpstreamParts {
  /** By issuer. */
  readonly exchanges: ReadonlyMap<string, TokenExchange>;
  readonly server: Pick<AuthorizationServer, 'issuer' | 'credentials'> | undefined;
  readonly log: Log;
}

/** How the tokens of providers that clients talk to are exchanged, by issuer, where that was configured. */
export const exchangesOf = (providers: readonly Provider[], parts: ProviderParts): ReadonlyMap<string, TokenExchange> =>
  new Map(
    providers.flatMap((provider) =>
      provider.kind === 'direct' && provider.exchange !== undefined
        ? [[provider.issuer, tokenExchange(provider.issuer, provider.exchange, providerDeps(provider, parts))]]
        : [],
    ),
  );

/**
 * The caller's token for the API of where they signed in: what our own server keeps of its people, or what their provider
 * gives for the token that they came with. By issuer: another one may call its people what it likes. Rejects as
 * `CallContext.upstream` says.
 */
export async function upstreamOf(
  { issuer, kind, subject }: Principal,
  callersToken: () => string,
  { exchanges, server, log }: UpstreamParts,
): Promise<UpstreamToken> {
  if (kind === 'user' && issuer === server?.issuer && server.credentials?.covers(subject)) {
    return server.credentials.live(subject);
  }
  const exchange = exchanges.get(issuer);
  if (exchange === undefined) {
    throw new ToolError('This needs a caller who signed in at an identity provider with an API.');
  }
  try {
    return await exchange(callersToken());
  } catch (error) {
    if (!(error instanceof ProviderRefused)) throw error;
    log.warn('exchange_refused', { issuer, principal: subject, reason: error.code });
    throw new ToolError('The identity provider gives no token for this to the caller.', { cause: error });
  }
}
