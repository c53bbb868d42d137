import type { LoggingLevel, Server, ServerContext } from '@modelcontextprotocol/server';
import type { Log } from '../core/log.ts';
import type { Principal } from '../core/principal.ts';
import { type AskClient, askClient, CannotAsk } from './ask.ts';
import { askInSession } from './sessions/ask-in-session.ts';

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
}

/** What a handler knows about its call. Nothing in it comes from the message but the progress token. */
export interface CallContext extends AskClient {
  readonly principal: Principal;
  readonly requestId: string;
  /** Aborts when the client goes away or the server closes. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Tells the client something (`notifications/message`). Does nothing where it did not ask for such words. */
  tell(level: LoggingLevel, data: unknown, logger?: string): Promise<void>;
  /** Tells the client how far the call is. Does nothing where the client did not ask for it. */
  progress(progress: number, total?: number, message?: string): Promise<void>;
}

const CANNOT_ASK = askClient(async ({ method, needs }) => {
  throw new CannotAsk(needs, `This needs a client that can be asked (${method}) while a call runs.`);
});

/** The frozen context of one call. The principal is a copy: no handler can reach the one that a verifier may cache. */
export function createContext(call: Call, server: Server, context: ServerContext): CallContext {
  const { mcpReq, sessionId } = context;
  const progressToken = mcpReq._meta?.progressToken;
  const signal = context.http?.req ? AbortSignal.any([mcpReq.signal, context.http.req.signal]) : mcpReq.signal;
  return Object.freeze({
    ...(sessionId === undefined ? CANNOT_ASK : askInSession(server, context, signal)),
    principal: Object.freeze({ ...call.principal, scopes: new Set(call.principal.scopes) }),
    requestId: call.requestId,
    signal,
    log: call.log,
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
}
