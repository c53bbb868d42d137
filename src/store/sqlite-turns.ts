import { setTimeout as wait } from 'node:timers/promises';
import { Unavailable } from '../core/errors.ts';
import { isBusy } from './sqlite-file.ts';

/** Work on a database that several processes write. While another one does, this process goes on with what else it has. */
export interface SqliteTurns {
  /** Runs it now. */
  read<T>(work: () => T): Promise<T>;
  /** Runs it after all writes that wait, in the order in which they came. */
  write<T>(work: () => T): Promise<T>;
}

/** How long until the file is tried again, in milliseconds. Ordinary writes of others take one or two. */
const PAUSE = 2;

/**
 * Runs each piece of work until the file is not locked, for `patience` milliseconds at most. Rejects with Unavailable then,
 * and for every other fault at once.
 */
export function sqliteTurns(patience: number): SqliteTurns {
  let last: Promise<unknown> | undefined;
  const untilDone = async <T>(work: () => T, deadline: number): Promise<T> => {
    for (;;) {
      try {
        return work();
      } catch (cause) {
        if (!isBusy(cause) || performance.now() >= deadline) {
          throw new Unavailable('the SQLite store does not answer', cause);
        }
      }
      await wait(PAUSE);
    }
  };
  return {
    read: (work) => untilDone(work, performance.now() + patience),
    write(work) {
      const deadline = performance.now() + patience;
      const written = last === undefined ? untilDone(work, deadline) : last.then(() => untilDone(work, deadline));
      const over = written.then(nothing, nothing).then(() => {
        if (last === over) last = undefined;
      });
      last = over;
      return written;
    },
  };
}

const nothing = () => undefined;
