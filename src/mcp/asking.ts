import type { InputRequiredResult, Server, ServerContext } from '@modelcontextprotocol/server';
import { type AskedClient, askClient, CannotAsk } from './ask.ts';
import { askInRounds } from './ask-in-rounds.ts';
import { type Call, type CallContext, signalOf } from './context.ts';
import { createContext } from './create-context.ts';
import type { Home } from './reading.ts';
import type { RequestStates } from './request-states.ts';
import { askInSession } from './sessions/ask-in-session.ts';

const NOBODY: AskedClient = {
  ask: askClient(async ({ method, needs }) => {
    throw new CannotAsk(needs, `This needs a client that can be asked (${method}) while a call runs.`);
  }),
  capabilities: {},
  unasked: {},
  returns: false,
  brought: () => 0,
};

/** What a handler's context is made of, beside its request. */
interface Parts {
  readonly server: Server;
  readonly call: Call;
  readonly home: Home;
  /** What the item needs that is called. */
  readonly scopes?: readonly string[];
}

/** For lists and suggestions, whose handlers may ask only on the way: no further request brings them an answer. */
export const plainContext = ({ server, call, home, scopes = [] }: Parts, context: ServerContext): CallContext =>
  createContext(call, context, askOnTheWay(server, context), home, scopes);

/** Runs a handler that may ask its client: in a session on the way, in 2026-07-28 round by round, and otherwise not at all. */
export async function asking<T>(
  parts: Parts & { readonly states: RequestStates },
  { method, params }: { readonly method: string; readonly params: Readonly<Record<string, unknown>> },
  context: ServerContext,
  run: (context: CallContext) => Promise<T>,
): Promise<T | InputRequiredResult> {
  if (context.mcpReq.envelope === undefined) return run(plainContext(parts, context));
  const { states, call, home, scopes = [] } = parts;
  const round = { states, principal: call.principal, method, params, context };
  return askInRounds(round, (client) => run(createContext(call, context, client, home, scopes)));
}

const askOnTheWay = (server: Server, context: ServerContext): AskedClient =>
  context.sessionId === undefined ? NOBODY : askInSession(server, context, signalOf(context));
