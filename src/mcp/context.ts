import type { GetPromptResult, LoggingLevel, ReadResourceResult, ServerContext } from '@modelcontextprotocol/server';
import type { GatehouseError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Principal } from '../core/principal.ts';
import type { UpstreamToken } from '../core/upstream-token.ts';
import type { AskClient, AskedClient } from './ask.ts';
import { type CallState, callState } from './call-state.ts';
import type { TellChanges, Whom } from './change-outlets.ts';
import type { HttpFacts } from './http-facts.ts';

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
  /** The HTTP request that carries it; left out where none does. */
  readonly http?: HttpFacts;
  /** What the mount calls these scopes, where a server that is mounted on another one has other names for them. */
  outerScopes?(scopes: readonly string[]): readonly string[];
  /** Whether the caller reads the message of an unexpected error. Left out: the request id alone. */
  readonly showErrors?: boolean;
  /** Told of a failure that has a place on the wire, so that the whole call is refused with it while that can be done. */
  refuse(fault: GatehouseError): void;
}

/** What is known of a request, whatever becomes of it. Nothing in it comes from the message. */
export interface CallFacts {
  readonly principal: Principal;
  readonly requestId: string;
  /** Aborts when the client goes away or the server closes. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** What middleware and handlers keep while this request is served. */
  readonly state: CallState;
  /** The HTTP request, without credentials; undefined where there is none (stdio, in memory). */
  readonly http: HttpFacts | undefined;
}

/**
 * What a handler knows about its call. Nothing in it comes from the message but the progress token. What it says has changed
 * is told to the caller's own listeners, unless it names whom it concerns.
 */
export interface CallContext extends CallFacts, AskClient, TellChanges<Whom | undefined> {
  /**
   * A live token for the API of the identity provider that the caller signed in at, or for an API that it gives a token for
   * in exchange for theirs. Rejects with InvalidToken where that sign-in has ended (left uncaught, the call is answered
   * 401), with Unavailable while none is to be had (503), and with ToolError for a caller to whom none is given.
   */
  upstream(): Promise<UpstreamToken>;
  /**
   * Tells the client something (`notifications/message`). Does nothing where it did not ask for such words, nor while it is far
   * behind in reading.
   */
  tell(level: LoggingLevel, data: unknown, logger?: string): Promise<void>;
  /** Tells the client how far the call is. Does nothing where the client did not ask for it, nor while it is far behind. */
  progress(progress: number, total?: number, message?: string): Promise<void>;
  /**
   * What the caller would get for reading this resource of the same server. Rejects with InsufficientScope where the caller
   * lacks its scopes (left uncaught, the call is answered 403 with every scope that it needs), and with ResourceNotFoundError.
   */
  read(uri: string): Promise<ReadResourceResult>;
  /** What the caller would get for this prompt of the same server. Rejects like `read`; -32602 where there is no such prompt. */
  prompt(name: string, input?: Readonly<Record<string, unknown>>): Promise<GetPromptResult>;
}

/** Aborts when the client gives the call up, goes away, or the server closes. */
export const signalOf = ({ mcpReq, http }: ServerContext): AbortSignal =>
  http?.req ? AbortSignal.any([mcpReq.signal, http.req.signal]) : mcpReq.signal;

/** What a context was made of, for those who serve it. */
export interface Behind {
  readonly call: Call;
  readonly client: Omit<AskedClient, 'ask'>;
  /** Every scope that the call has turned out to need, as the mount calls them. */
  readonly needed: Set<string>;
  /** Whether the client was asked something. */
  readonly asked: { yes: boolean };
  /** The ways to other items, whose handlers are given `context`. */
  reading(context: () => CallContext): Pick<CallContext, 'read' | 'prompt'>;
}

const behind = new WeakMap<CallFacts, Behind>();
const states = new WeakMap<Call, CallState>();

/** Freezes a context and remembers what it was made of. */
export function withBehind(context: CallContext, made: Behind): CallContext {
  behind.set(Object.freeze(context), made);
  return context;
}

/** What a context was made of. Throws TypeError for one that is not ours. */
export function behindOf(context: CallContext): Behind {
  const made = behind.get(context);
  if (made === undefined) throw new TypeError('A handler was given a context that no call was made for.');
  return made;
}

/** Whether the client has been asked something in this call: then its outcome is good for nobody else, and not again. */
export const hasAsked = (context: CallFacts): boolean => behind.get(context)?.asked.yes === true;

/** The client of a call, as far as questions go. */
export const clientOf = (context: CallFacts): Behind['client'] | undefined => behind.get(context)?.client;

/** The frozen facts of one call. The principal is a copy: no handler can reach the one that a verifier may cache. */
export function factsOf(call: Call, signal: AbortSignal): CallFacts {
  const state = states.get(call) ?? callState();
  states.set(call, state);
  const { principal, requestId, log, http } = call;
  return Object.freeze({
    principal: Object.freeze({ ...principal, scopes: new Set(principal.scopes) }),
    requestId,
    signal,
    log,
    state,
    http,
  });
}
