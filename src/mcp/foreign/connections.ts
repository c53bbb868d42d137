import type { Clock } from '../../core/clock.ts';
import { TooManyRequests, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { CallContext } from '../context.ts';
import type { Whose } from '../sessions/kept-sessions.ts';
import type { Connection } from './connection.ts';
import { type KeptConnection, keptConnection } from './kept-connection.ts';

/** How long a caller's own connection lives and how many there may be: whole numbers from 1. */
export interface PerPrincipalOptions {
  /** Seconds after which one is closed that nobody uses. Default 300. */
  readonly idle?: number;
  /** Of one person in all apps together, on one node. Default 10: one more closes the one of theirs that was unused longest. */
  readonly perPerson?: number;
  /** Of all callers, on one node. Default 100: one more closes the one that was unused longest. */
  readonly most?: number;
}

/** Per-principal options with nothing left out; undefined where one connection is for all. */
export type PerPrincipalRules = Required<PerPrincipalOptions> | undefined;

/** The connections to one server. */
export interface Connections {
  /** Our own, for lists; the one for every caller where they have none of their own. */
  readonly own: KeptConnection;
  /**
   * Uses the connection of a caller. Rejects with Unavailable, and with TooManyRequests where one person has all in use that
   * one may have.
   */
  use<T>(whose: Whose, context: CallContext, use: (connection: Connection) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** What they depend on. `connect` is given no context for our own. */
export interface ConnectionsParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly perPrincipal: PerPrincipalRules;
  connect(context: CallContext | undefined): Promise<Connection>;
  /** Called when our own connection is lost. */
  onLost(): void;
}

interface Entry {
  readonly person: string;
  readonly kept: KeptConnection;
  /** Of the caller's latest call: what is connected anew is connected for that one. */
  context: CallContext;
  usedAt: number;
  busy: number;
}

/** How often unused connections are looked for, in milliseconds. */
const LOOK = 15_000;
/** Seconds to wait where every connection is in use: nobody knows when one is not. */
const WAIT = 30;

/** No connection yet. */
export function connections({ clock, log, perPrincipal, connect, onLost }: ConnectionsParts): Connections {
  const own = keptConnection({ clock, log, connect: () => connect(undefined), onLost });
  const entries = new Map<string, Entry>();
  const drop = async (owner: string, { kept }: Entry): Promise<void> => {
    entries.delete(owner);
    await kept.close().catch((error: unknown) => log.warn('foreign_connection_not_closed', { error }));
  };
  const look = (idle: number): void => {
    for (const [owner, entry] of entries)
      if (entry.busy === 0 && entry.usedAt + idle <= clock()) void drop(owner, entry);
  };
  const timer = perPrincipal && setInterval(() => look(perPrincipal.idle), LOOK).unref();

  const makeRoom = (person: string, { most, perPerson }: NonNullable<PerPrincipalRules>): void => {
    const own = [...entries].filter(([, entry]) => entry.person === person);
    const few = own.length < perPerson;
    if (few && entries.size < most) return;
    const unused = (few ? [...entries] : own).filter(([, { busy }]) => busy === 0);
    const [oldest] = unused.sort(([, a], [, b]) => a.usedAt - b.usedAt);
    if (oldest !== undefined) void drop(...oldest);
    else throw few ? new Unavailable('foreign_connections_all_in_use') : new TooManyRequests('connections', WAIT);
  };

  const entryOf = ({ owner, person }: Whose, context: CallContext, rules: NonNullable<PerPrincipalRules>): Entry => {
    const known = entries.get(owner);
    if (known !== undefined) return known;
    look(rules.idle);
    makeRoom(person, rules);
    const connectLatest = () => connect(entry.context);
    const kept = keptConnection({ clock, log, connect: connectLatest, onLost: () => undefined });
    const entry: Entry = { person, kept, context, usedAt: clock(), busy: 0 };
    entries.set(owner, entry);
    return entry;
  };

  return {
    own,
    async use(whose, context, use) {
      if (perPrincipal === undefined) return use(await own.get());
      const entry = entryOf(whose, context, perPrincipal);
      entry.busy += 1;
      entry.context = context;
      try {
        return await use(await entry.kept.get());
      } finally {
        entry.busy -= 1;
        entry.usedAt = clock();
      }
    },
    async close() {
      clearInterval(timer);
      await Promise.all([own.close(), ...[...entries].map(([owner, entry]) => drop(owner, entry))]);
    },
  };
}
