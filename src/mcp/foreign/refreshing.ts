import type { Log } from '../../core/log.ts';
import type { ListName } from '../changes.ts';
import type { Connection } from './connection.ts';
import type { Listing } from './listing.ts';

/** Keeps what is known of a server's lists up to date. */
export interface Refreshing {
  /** Reads them once, and from then on by time. Rejects where they cannot be read; they are tried again all the same. */
  start(): Promise<void>;
  /** Has them read soon: something changed, or the connection was lost. */
  soon(): void;
  stop(): void;
}

/** What it depends on. */
export interface RefreshingParts {
  /** Seconds. */
  readonly every: number;
  readonly log: Log;
  connection(): Promise<Connection>;
  /** Takes in what was read, where it is something else or comes over another connection, and which lists changed. */
  take(listing: Listing, connection: Connection, changed: readonly ListName[]): void;
}

/** How long changes are gathered before the lists are read, in milliseconds. */
const GATHER = 100;
/** How long it takes until lists that could not be read are tried again, in milliseconds. */
const RETRY = 5000;

/** Not started. Lists are read one reading at a time. */
export function refreshing({ every, log, connection, take }: RefreshingParts): Refreshing {
  let timer: NodeJS.Timeout | undefined;
  let reading: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let known: Listing | undefined;
  let last: Connection | undefined;
  const plan = (ms: number): void => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(() => void refresh(), ms).unref();
  };
  const read = async (): Promise<void> => {
    const server = await connection();
    const listing = await server.lists();
    if (stopped) return;
    const changed = changedLists(known, listing);
    if (changed.length > 0 || server !== last) take(listing, server, known === undefined ? [] : changed);
    known = listing;
    last = server;
  };
  const refresh = async (): Promise<void> => {
    try {
      reading ??= read();
      await reading;
      plan(again ? GATHER : every * 1000);
    } catch (error) {
      log.warn('foreign_lists_not_read', { error });
      plan(RETRY);
    } finally {
      reading = undefined;
      again = false;
    }
  };
  return {
    async start() {
      reading = read();
      const first = reading;
      void refresh();
      await first;
    },
    soon() {
      if (reading !== undefined) again = true;
      else plan(GATHER);
    },
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function changedLists(before: Listing | undefined, now: Listing): ListName[] {
  const differs = (...kinds: (keyof Listing)[]) =>
    kinds.some((kind) => JSON.stringify(before?.[kind]) !== JSON.stringify(now[kind]));
  return [
    ...(differs('tools') ? (['tools'] as const) : []),
    ...(differs('prompts') ? (['prompts'] as const) : []),
    ...(differs('resources', 'templates') ? (['resources'] as const) : []),
  ];
}
