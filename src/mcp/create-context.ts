import type { LoggingLevel, ServerContext } from '@modelcontextprotocol/server';
import type { Principal } from '../core/principal.ts';
import type { AskClient, AskedClient } from './ask.ts';
import type { TellChanges, Whom } from './change-outlets.ts';
import type { ListName } from './changes.ts';
import { behindOf, type Call, type CallContext, factsOf, signalOf, withBehind } from './context.ts';
import { type Home, readingAt } from './reading.ts';

/** The frozen context of one call. `home` is the server whose handler is given it, `scopes` what its item needs. */
export function createContext(
  call: Call,
  context: ServerContext,
  { ask, ...client }: AskedClient,
  home: Home,
  scopes: readonly string[],
): CallContext {
  const { mcpReq } = context;
  const progressToken = mcpReq._meta?.progressToken;
  const base = { call, client, needed: new Set(scopes), asked: { yes: false } };
  const made = { ...base, reading: readingAt(home, base) };
  const whole: CallContext = {
    ...factsOf(call, signalOf(context)),
    ...noting(ask, made.asked),
    ...toldBy(home.changes, call.principal),
    ...made.reading(() => whole),
    upstream: () => call.upstream(),
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
  };
  return withBehind(whole, made);
}

/**
 * The same for a handler of a mounted server: the call as that server sees it; what changed is told, and what is read is found, as
 * its own.
 */
export function contextInside(context: CallContext, inside: (call: Call) => Call, home: Home): CallContext {
  const outer = behindOf(context);
  const call = inside(outer.call);
  const principal = call === outer.call ? context.principal : call.principal;
  const made = { ...outer, call, reading: readingAt(home, { ...outer, call }) };
  const whole: CallContext = {
    ...context,
    principal,
    ...toldBy(home.changes, principal),
    ...made.reading(() => whole),
  };
  return withBehind(whole, made);
}

/** Unless the handler says whom else, a change is the caller's own. */
const toldBy = (changes: TellChanges<Whom>, caller: Principal): TellChanges<Whom | undefined> => ({
  resourceUpdated: (uri: string, whom: Whom = { to: caller }) => changes.resourceUpdated(uri, whom),
  listChanged: (list: ListName, whom: Whom = { to: caller }) => changes.listChanged(list, whom),
});

/** The same questions; whether one was put is noted. */
function noting(ask: AskClient, asked: { yes: boolean }): AskClient {
  const note = <A extends readonly unknown[], R>(put: (...how: A) => R) => {
    return (...how: A): R => {
      asked.yes = true;
      return put(...how);
    };
  };
  return { elicit: note(ask.elicit) as AskClient['elicit'], sample: note(ask.sample), roots: note(ask.roots) };
}
