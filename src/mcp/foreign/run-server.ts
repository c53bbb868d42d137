import type { Log } from '../../core/log.ts';
import { type Principal, principalKey } from '../../core/principal.ts';
import type { Concerned } from '../changes.ts';
import { behindOf, type CallContext } from '../context.ts';
import type { MountParts } from '../mountable.ts';
import type { Policy } from '../policy.ts';
import type { Surface } from '../surface.ts';
import type { Connection } from './connection.ts';
import { SessionLost } from './connection-fault.ts';
import { type Connections, connections, type PerPrincipalRules } from './connections.ts';
import { type ForeignCalls, foreignCalls } from './foreign-call.ts';
import type { PassOn } from './foreign-items.ts';
import { foreignItemsOf } from './foreign-items-of.ts';
import type { ForeignSurface } from './foreign-surface.ts';
import { refreshing } from './refreshing.ts';
import { watchedResources } from './watched-resources.ts';

/** What differs from one kind of server to the other. */
export interface ForeignKind {
  readonly perPrincipal: PerPrincipalRules;
  /** Whether the server tells us of changes that are the same for every caller. */
  readonly tellsOfResources: boolean;
  /** Whether a host may start while the server cannot be reached. */
  readonly optional: boolean;
  /** Connects for the caller of `context`, or for our own use. */
  connect(context: CallContext | undefined, parts: ConnectParts): Promise<Connection>;
}

/** What a connection is made with. */
export interface ConnectParts extends MountParts {
  /** Milliseconds. */
  readonly timeout: number;
  onListChanged(): void;
  onResourceUpdated(uri: string): void;
}

/** What is run. */
export interface ServerParts {
  readonly kind: ForeignKind;
  readonly policy: Policy;
  readonly live: ForeignSurface;
  /** Milliseconds. */
  readonly timeout: number;
  /** Seconds. */
  readonly refresh: number;
}

/** A server whose lists are kept up to date, and whose items can be used. */
export interface RunningServer {
  /** Rejects where its lists could not be read at first; they are tried again all the same. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
}

/** Connects, and fills the surface with what the server lists and the policy has a place for. */
export function runServer({ kind, policy, live, timeout, refresh }: ServerParts, parts: MountParts): RunningServer {
  const { log } = parts;
  const calls = foreignCalls();
  const connect = (context: CallContext | undefined) =>
    kind.connect(context, {
      ...parts,
      timeout,
      onListChanged: () => lists.soon(),
      onResourceUpdated: (uri) => tellUpdated(live.surface, uri, context?.principal ?? 'everyone'),
    });
  const all = connections({ ...parts, perPrincipal: kind.perPrincipal, connect, onLost: () => lists.soon() });
  const passOn = passingOn(calls, all);
  const watched = watchedResources({ log, connection: () => all.own.get() });
  let told = false;
  const lists = refreshing({
    every: refresh,
    log,
    connection: () => all.own.get(),
    take(listing, { facts }, changed) {
      const { completions, resources } = facts.capabilities;
      const tells = kind.tellsOfResources && resources?.subscribe === true;
      const itemParts = { passOn, completes: completions !== undefined, watch: tells ? watched.watch : undefined };
      live.update(foreignItemsOf(listing, policy, itemParts, log), facts, changed);
      if (tells) watched.renew();
      if (!told) tellUnused(policy.unused(), log);
      told = true;
    },
  });
  return {
    ready: lists.start(),
    async close() {
      lists.stop();
      calls.close();
      await all.close();
    },
  };
}

/** A call is made once; only where the server has forgotten the session, and thus not run it, once more. */
const passingOn =
  (calls: ForeignCalls, all: Connections): PassOn =>
  (request, context) => {
    const whose = { owner: ownerOf(context.principal), person: principalKey(context.principal) };
    const { method, params } = request;
    const { returns, brought } = behindOf(context).client;
    return calls.serve({ ...whose, method, params, returns, brought }, context, (call) => {
      const attempt = () => all.use(whose, context, (connection) => connection.call(request, call));
      return attempt().catch((error: unknown) => (error instanceof SessionLost ? attempt() : Promise.reject(error)));
    });
  };

/** Whoever listens to it and may read it is told, among those whose connection says so. */
function tellUpdated({ find, changes }: Surface, uri: string, to: Concerned): void {
  if (find(uri)?.item.subscribe === true) changes.resourceUpdated(uri, { to });
}

function tellUnused(rules: readonly string[], log: Log): void {
  for (const rule of rules) log.warn('policy_rule_unused', { rule, reason: 'the server has nothing that it fits' });
}

/** Whose call it is: nobody else shares a connection or an answer with them. */
const ownerOf = ({ issuer, kind, subject, clientId, tenant }: Principal): string =>
  JSON.stringify([issuer, kind, subject, clientId, tenant ?? null]);
