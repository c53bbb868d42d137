import type { Log } from '../../core/log.ts';
import type { Principal } from '../../core/principal.ts';
import type { CallContext } from '../context.ts';
import type { Mountable, MountParts } from '../mountable.ts';
import { createPolicy, type PolicyOptions } from '../policy.ts';
import { checkFacts } from '../server-facts.ts';
import { type SessionOptions, sessionRules } from '../sessions/session-rules.ts';
import type { Connection } from './connection.ts';
import { SessionLost } from './connection-fault.ts';
import { type Connections, connections, type PerPrincipalRules } from './connections.ts';
import { type ForeignCalls, foreignCalls } from './foreign-call.ts';
import type { PassOn } from './foreign-items.ts';
import { foreignItemsOf } from './foreign-items-of.ts';
import { foreignSurface } from './foreign-surface.ts';
import { type Refreshing, refreshing } from './refreshing.ts';

/** What every server that somebody else wrote is mounted with. */
export interface ForeignOptions {
  /** Letters, digits, ".", "_" or "-". */
  readonly name: string;
  /** Shown to people, such as on the consent page. */
  readonly title?: string;
  /** Left out: what the server says. */
  readonly version?: string;
  /** Left out: what the server says. */
  readonly instructions?: string;
  /** What callers need for its items. What no rule names is not there. */
  readonly policy: PolicyOptions;
  /** What lists show: what the caller may use (`granted`, the default), or also what a step-up would bring (`all`). */
  readonly list?: 'granted' | 'all';
  /** Whether clients of 2025-11-25 or before get sessions, so that the server may ask them back. Default false. */
  readonly sessions?: boolean | SessionOptions;
  /** Seconds of silence after which a call is given up. Default 60. */
  readonly timeout?: number;
  /** Seconds after which lists are read again, also where the server tells of no change. Default 300. */
  readonly refresh?: number;
}

/** What differs from one kind of server to the other. */
export interface ForeignKind {
  readonly perPrincipal: PerPrincipalRules;
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
}

interface Started {
  readonly connections: Connections;
  readonly calls: ForeignCalls;
  readonly lists: Refreshing;
  readonly ready: Promise<void>;
}

/** Makes a server that somebody else wrote mountable. Throws TypeError for options that cannot work. */
export function foreignServer(options: ForeignOptions, kind: ForeignKind): Mountable {
  const { name, title, list = 'granted', sessions, timeout = 60, refresh = 300 } = options;
  checkFacts({ ...options, version: options.version ?? '0' });
  for (const [option, value] of Object.entries({ timeout, refresh })) {
    if (!(value > 0 && value <= 86_400))
      throw new TypeError(`Server ${name}: ${option} must be seconds, at most a day.`);
  }
  const policy = createPolicy(options.policy, title ?? name);
  const { version, instructions } = options;
  const own = { name, title, version, instructions, list, sessions: sessionRules(sessions, name) };
  const { surface, update } = foreignSurface(own, policy);
  let started: Started | undefined;
  let users = 0;

  const passOn: PassOn = async (request, context) => {
    if (started === undefined) throw new TypeError(`Server ${name} has not been started.`);
    const { calls, connections: all } = started;
    const owner = ownerOf(context.principal);
    return calls.serve({ owner, method: request.method, params: request.params }, context, (call) => {
      const attempt = () => all.use(owner, context, (connection) => connection.call(request, call));
      return attempt().catch((error: unknown) => (error instanceof SessionLost ? attempt() : Promise.reject(error)));
    });
  };

  const begin = (parts: MountParts): Started => {
    const log = parts.log.with({ server: name });
    let told = false;
    const connect = (context: CallContext | undefined) =>
      kind.connect(context, { ...parts, log, timeout: timeout * 1000, onListChanged: () => lists.soon() });
    const all = connections({ ...parts, log, perPrincipal: kind.perPrincipal, connect, onLost: () => lists.soon() });
    const lists = refreshing({
      every: refresh,
      log,
      connection: () => all.own.get(),
      take(listing, { facts }, changed) {
        const completes = facts.capabilities.completions !== undefined;
        update(foreignItemsOf(listing, policy, { passOn, completes }, log), facts, changed);
        if (!told) tellUnused(policy.unused(), log);
        told = true;
      },
    });
    return { connections: all, calls: foreignCalls(), lists, ready: lists.start() };
  };

  return {
    name,
    title,
    catalogue: policy.catalogue,
    defaultScopes: policy.defaultScopes,
    surface: () => surface,
    async start(parts) {
      users += 1;
      started ??= begin(parts);
      try {
        await started.ready;
      } catch (error) {
        if (kind.optional) return;
        await stop();
        throw error;
      }
    },
    close: () => stop(),
  };

  async function stop(): Promise<void> {
    users = Math.max(0, users - 1);
    if (users > 0 || started === undefined) return;
    const { connections: all, calls, lists } = started;
    started = undefined;
    lists.stop();
    calls.close();
    await all.close();
  }
}

function tellUnused(rules: readonly string[], log: Log): void {
  for (const rule of rules) log.warn('policy_rule_unused', { rule, reason: 'the server has nothing that it fits' });
}

/** Whose call it is: nobody else shares a connection or an answer with them. */
const ownerOf = ({ issuer, kind, subject, clientId, tenant }: Principal): string =>
  JSON.stringify([issuer, kind, subject, clientId, tenant ?? null]);
