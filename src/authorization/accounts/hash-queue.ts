import { Unavailable } from '../../core/errors.ts';

/** Runs costly work a few pieces at a time. Rejects with Unavailable when too many wait already. */
export type HashQueue = <T>(work: () => Promise<T>) => Promise<T>;

/** A queue that runs `atOnce` pieces of work together and lets `waiting` more wait. */
export function hashQueue({ atOnce, waiting }: { readonly atOnce: number; readonly waiting: number }): HashQueue {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < atOnce) running += 1;
    else {
      if (queue.length >= waiting) throw new Unavailable('password_queue_full', undefined, 2);
      await new Promise<void>((resolve) => queue.push(resolve));
    }
    try {
      return await work();
    } finally {
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
