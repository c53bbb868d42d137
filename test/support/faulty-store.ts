import { Unavailable } from '../../src/core/errors.ts';
import { memoryStore } from '../../src/store/memory.ts';
import type { Store } from '../../src/store/store.ts';

/** When a call fails: not done, or done with the answer lost on the way back. */
export type Loss = 'call' | 'answer';

/** A store in memory whose calls fail when they are told to. */
export interface FaultyStore {
  readonly store: Store;
  /** Asked before each call from now on; without an argument nothing fails any more. */
  failWhen(decide?: () => Loss | undefined): void;
}

/** Builds one that fails nothing yet. */
export function faultyStore(): FaultyStore {
  const inner = memoryStore();
  let decide: () => Loss | undefined = () => undefined;
  const guard =
    <A extends readonly unknown[], R>(action: (...values: A) => Promise<R>) =>
    async (...values: A): Promise<R> => {
      const loss = decide();
      if (loss === 'call') throw new Unavailable('call_lost');
      const result = await action(...values);
      if (loss === 'answer') throw new Unavailable('answer_lost');
      return result;
    };
  return {
    store: {
      get: guard(inner.get),
      put: guard(inner.put),
      putIfAbsent: guard(inner.putIfAbsent),
      take: guard(inner.take),
      delete: guard(inner.delete),
      close: inner.close,
    },
    failWhen(next = () => undefined) {
      decide = next;
    },
  };
}
