import type { ServerContext } from '@modelcontextprotocol/server';
import type { Log } from '../core/log.ts';
import type { Principal } from '../core/principal.ts';

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
export interface CallContext {
  readonly principal: Principal;
  readonly requestId: string;
  /** Aborts when the client goes away or the server closes. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Tells the client how far the call is. Does nothing where the client did not ask for it. */
  progress(progress: number, total?: number, message?: string): Promise<void>;
}

/** The frozen context of one call. The principal is a copy: no handler can reach the one that a verifier may cache. */
export function createContext(call: Call, { mcpReq }: ServerContext): CallContext {
  const progressToken = mcpReq._meta?.progressToken;
  return Object.freeze({
    principal: Object.freeze({ ...call.principal, scopes: new Set(call.principal.scopes) }),
    requestId: call.requestId,
    signal: mcpReq.signal,
    log: call.log,
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
