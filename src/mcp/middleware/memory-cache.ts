import { type Clock, systemClock } from '../../core/clock.ts';

/** Where answers are kept: any store has these. Lifetimes in seconds. */
export interface AnswerStore {
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string, seconds: number): Promise<void>;
}

/** How much is kept in memory. */
export interface MemoryCacheOptions {
  /** Default 1,000. */
  readonly answers?: number;
  /** Characters of all of them. Default 50,000,000. */
  readonly characters?: number;
  readonly clock?: Clock;
}

interface Kept {
  readonly value: string;
  readonly until: number;
}

/** Keeps answers in this process. Where there is no room, what was used longest ago goes first. */
export function memoryCache({
  answers = 1000,
  characters = 50_000_000,
  clock = systemClock,
}: MemoryCacheOptions = {}): AnswerStore {
  const kept = new Map<string, Kept>();
  let size = 0;
  const drop = (key: string): Kept | undefined => {
    const dropped = kept.get(key);
    if (kept.delete(key)) size -= dropped?.value.length ?? 0;
    return dropped;
  };
  const add = (key: string, added: Kept): void => {
    drop(key);
    kept.set(key, added);
    size += added.value.length;
  };
  return {
    async get(key) {
      const found = drop(key);
      if (found === undefined || found.until <= clock()) return undefined;
      add(key, found);
      return found.value;
    },
    async put(key, value, seconds) {
      add(key, { value, until: clock() + seconds });
      for (const oldest of kept.keys()) {
        if (kept.size <= answers && size <= characters) return;
        drop(oldest);
      }
    },
  };
}
