import type { LoggingLevel, ServerContext } from '@modelcontextprotocol/server';
import type { GatehouseError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Principal } from '../core/principal.ts';
import type { UpstreamToken } from '../core/upstream-token.ts';
import type { AskClient } from './ask.ts';
import type { TellChanges, Whom } from './change-outlets.ts';
import type { ListName } from './changes.ts';

/** One authenticated call as the gate hands it over. */
export interface Call {
  readonly principal: Principal;
  /** The host's own id of this HTTP request; not the JSON-RPC id. */
  readonly requestId: string;
  readonly log: Log;
  /** Whether the principal's scopes include all of `required`, hierarchy followed. */
  allows(required: readonly string[]): boolean;
  /** Tells of scopes whether the caller holds them or could be granted them by a step-up. For lists only. */
  reach(): Promise<(required: readonly string[]) => boolean>;
  /** See `CallContext.upstream`. */
  upstream(): Promise<UpstreamToken>;
  /** Told of a failure that has a place on the wire, so that the whole call is refused with it while that can be done. */
  refuse(fault: GatehouseError): void;
}

/**
 * What a handler knows about its call. Nothing in it comes from the message but the progress token. What it says has changed
 * is told to the caller's own listeners, unless it names whom it concerns.
 */
export interface CallContext extends AskClient, TellChanges<Whom | undefined> {
  readonly principal: Principal;
  readonly requestId: string;
  /** Aborts when the client goes away or the server closes. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /**
   * A live token for the API of the identity provider that the caller signed in at, or for an API that it gives a token for
   * in exchange for theirs. Rejects with InvalidToken where that sign-in has ended (left uncaught, the call is answered
   * 401), with Unavailable while none is to be had (503), and with ToolError for a caller to whom none is given.
   */
  upstream(): Promise<UpstreamToken>;
  /** Tells the client something (`notifications/message`). Does nothing where it did not ask for such words. */
  tell(level: LoggingLevel, data: unknown, logger?: string): Promise<void>;
  /** Tells the client how far the call is. Does nothing where the client did not ask for it. */
  progress(progress: number, total?: number, message?: string): Promise<void>;
}

/** Aborts when the client gives the call up, goes away, or the server closes. */
export const signalOf = ({ mcpReq, http }: ServerContext): AbortSignal =>
  http?.req ? AbortSignal.any([mcpReq.signal, http.req.signal]) : mcpReq.signal;

const calls = new WeakMap<CallContext, Call>();

/** The call that a context was made for. */
export const callOf = (context: CallContext): Call | undefined => calls.get(context);

/** The frozen context of one call. The principal is a copy: no handler can reach the one that a verifier may cache. */
export function createContext(
  call: Call,
  context: ServerContext,
  ask: AskClient,
  changes: TellChanges<Whom>,
): CallContext {
  const { mcpReq } = context;
  const progressToken = mcpReq._meta?.progressToken;
  const made: CallContext = Object.freeze({
    ...ask,
    principal: Object.freeze({ ...call.principal, scopes: new Set(call.principal.scopes) }),
    requestId: call.requestId,
    signal: signalOf(context),
    log: call.log,
    upstream: () => call.upstream(),
    // Unless the handler says whom else, a change is the caller's own.
    resourceUpdated: (uri: string, whom: Whom = { to: call.principal }) => changes.resourceUpdated(uri, whom),
    listChanged: (list: ListName, whom: Whom = { to: call.principal }) => changes.listChanged(list, whom),
    tell: (level: LoggingLevel, data: unknown, logger?: string) => mcpReq.log(level, data, logger),
    async progress(progress: number, total?: number, message?: string): Promise<void> {
      if (progressToken === undefined) return;
      const params = {
        progressToken,
        progress,
        ...(total !== undefined && { total }),
        ...(message !== undefined && { message }),
      };
      await mcpReq.notify({ method: 'notifications/progress', params });
    },
  });
  calls.set(made, call);
  return made;
}

/** The same context, whose signal is another one. */
export function withSignal(context: CallContext, signal: AbortSignal): CallContext {
  const made = Object.freeze({ ...context, signal });
  const call = calls.get(context);
  if (call !== undefined) calls.set(made, call);
  return made;
}
