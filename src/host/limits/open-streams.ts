import { Unavailable } from '../../core/errors.ts';

/** How many streams may be open at once in this process: of each caller, and of all. */
export interface OpenStreams {
  /**
   * Takes a place, which the function given back frees. Undefined where the caller has as many as it may have; throws
   * Unavailable where the process has.
   */
  open(caller: string): (() => void) | undefined;
}

/** A stream costs memory for as long as it is open, whoever reads it or does not. */
const MOST_IN_ALL = 10_000;

/** Counts them by caller. */
export function openStreams(mostEach: number, mostInAll = MOST_IN_ALL): OpenStreams {
  const counts = new Map<string, number>();
  let all = 0;
  return {
    open(caller) {
      const count = counts.get(caller) ?? 0;
      if (count >= mostEach) return undefined;
      if (all >= mostInAll) throw new Unavailable('streams_full');
      counts.set(caller, count + 1);
      all += 1;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        all -= 1;
        const left = (counts.get(caller) ?? 1) - 1;
        if (left === 0) counts.delete(caller);
        else counts.set(caller, left);
      };
    },
  };
}
