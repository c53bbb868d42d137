import type { Clock } from '../../core/clock.ts';
import { Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { CallContext } from '../context.ts';
import type { Connection } from './connection.ts';
import { type KeptConnection, keptConnection } from './kept-connection.ts';

/** How long a caller's own connection lives and how many there may be: whole numbers from 1. */
export interface PerPrincipalOptions {
  /** Seconds after which one is closed that nobody uses. Default 300. */
  readonly idle?: number;
  /** On one node. Default 100: one more closes the one that was unused longest. */
  readonly most?: number;
}

/** Per-principal options with nothing left out; undefined where one connection is for all. */
export type PerPrincipalRules = Required<PerPrincipalOptions> | undefined;

/** The connections to one server. */
export interface Connections {
  /** Our own, for lists; the one for every caller where they have none of their own. */
  readonly own: KeptConnection;
  /** Uses the connection of a caller. Rejects with Unavailable. */
  use<T>(owner: string, context: CallContext, use: (connection: Connection) => Promise<T>): Promise<T>;
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
  readonly kept: KeptConnection;
  /** Of the caller's latest call: what is connected anew is connected for that one. */
  context: CallContext;
  usedAt: number;
  busy: number;
}

/** How often unused connections are looked for, in milliseconds. */
const LOOK = 15_000;

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

  const entryOf = (owner: string, context: CallContext, { idle, most }: NonNullable<PerPrincipalRules>): Entry => {
    const known = entries.get(owner);
    if (known !== undefined) return known;
    look(idle);
    if (entries.size >= most) {
      const [oldest] = [...entries].filter(([, { busy }]) => busy === 0).sort(([, a], [, b]) => a.usedAt - b.usedAt);
      if (oldest === undefined) throw new Unavailable('foreign_connections_all_in_use');
      void drop(...oldest);
    }
    const connectLatest = () => connect(entry.context);
    const kept = keptConnection({ clock, log, connect: connectLatest, onLost: () => undefined });
    const entry: Entry = { kept, context, usedAt: clock(), busy: 0 };
    entries.set(owner, entry);
    return entry;
  };

  return {
    own,
    async use(owner, context, use) {
      if (perPrincipal === undefined) return use(await own.get());
      const entry = entryOf(owner, context, perPrincipal);
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
