import type { Log } from '../../core/log.ts';
import { type Principal, principalKey } from '../../core/principal.ts';
import type { Connection } from './connection.ts';

/** The resources of a server that somebody listens to. */
export interface WatchedResources {
  /**
   * From now on a caller does; the answer ends it. Of more than 1,000 different ones the server is asked for as many as it can
   * be, one of each person in turn.
   */
  watch(uri: string, principal: Principal): () => void;
  /** Has the server told again: the connection may be another one. */
  renew(): void;
}

const MOST = 1000;
/** How long changes are gathered before the server is told, in milliseconds. */
const GATHER = 50;

/** Nobody listens yet. */
export function watchedResources({
  log,
  connection,
}: {
  readonly log: Log;
  connection(): Promise<Connection>;
}): WatchedResources {
  const listeners = new Map<string, Map<string, number>>();
  let planned = false;
  let telling: Promise<void> = Promise.resolve();
  const tell = (): void => {
    planned = false;
    telling = telling
      .then(async () => (await connection()).watch(inTurn([...listeners.values()].map((own) => own.keys()))))
      .catch((error: unknown) => log.warn('foreign_changes_not_heard', { error }));
  };
  const renew = (): void => {
    if (!planned) setTimeout(tell, GATHER).unref();
    planned = true;
  };
  return {
    renew,
    watch(uri, principal) {
      const person = principalKey(principal);
      const own = listeners.get(person) ?? new Map<string, number>();
      listeners.set(person, own);
      const before = own.get(uri) ?? 0;
      own.set(uri, before + 1);
      if (before === 0) renew();
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        const left = (own.get(uri) ?? 1) - 1;
        if (left > 0) return void own.set(uri, left);
        own.delete(uri);
        if (own.size === 0) listeners.delete(person);
        renew();
      };
    },
  };
}

/** The first `MOST` different ones, where each in turn names one. */
function inTurn(lists: readonly Iterator<string>[]): readonly string[] {
  const chosen = new Set<string>();
  let left = lists;
  while (left.length > 0 && chosen.size < MOST) {
    left = left.filter((list) => {
      const next = chosen.size < MOST ? list.next() : { done: true as const, value: undefined };
      if (next.done !== true) chosen.add(next.value);
      return next.done !== true;
    });
  }
  return [...chosen];
}
