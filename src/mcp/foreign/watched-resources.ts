import type { Log } from '../../core/log.ts';
import type { Connection } from './connection.ts';

/** The resources of a server that somebody listens to. */
export interface WatchedResources {
  /** From now on somebody does; the answer ends it. Beyond 1,000 different ones the server is not asked any more. */
  watch(uri: string): () => void;
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
  const listeners = new Map<string, number>();
  let planned = false;
  let telling: Promise<void> = Promise.resolve();
  const tell = (): void => {
    planned = false;
    telling = telling
      .then(async () => (await connection()).watch([...listeners.keys()].slice(0, MOST)))
      .catch((error: unknown) => log.warn('foreign_changes_not_heard', { error }));
  };
  const renew = (): void => {
    if (!planned) setTimeout(tell, GATHER).unref();
    planned = true;
  };
  return {
    renew,
    watch(uri) {
      const before = listeners.get(uri) ?? 0;
      listeners.set(uri, before + 1);
      if (before === 0) renew();
      let ended = false;
      return () => {
        if (ended) return;
        ended = true;
        const left = (listeners.get(uri) ?? 1) - 1;
        if (left > 0) listeners.set(uri, left);
        else {
          listeners.delete(uri);
          renew();
        }
      };
    },
  };
}
