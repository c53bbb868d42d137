import type { Sample } from './sample.ts';

/** Somebody who does the same things as others. The things are done in their order; a later one may need an earlier one. */
export interface Contender {
  readonly name: string;
  readonly work: ReadonlyMap<string, () => Promise<Sample>>;
}

/** The samples of each thing, by contender; oldest round first. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, readonly Sample[]>>;

/** How often to measure. */
export interface Rounds {
  readonly rounds: number;
  /** Rounds that do not count, before. */
  readonly warmUp: number;
}

/**
 * Has contenders take turns at each thing, one right after the other, each as often first as last: whatever else the
 * machine does meets all of them alike.
 */
export async function takeTurns(contenders: readonly Contender[], { rounds, warmUp }: Rounds): Promise<Results> {
  const things = [...new Set(contenders.flatMap(({ work }) => [...work.keys()]))];
  const results = new Map(things.map((thing) => [thing, new Map<string, Sample[]>()]));
  for (let round = -warmUp; round < rounds; round++) {
    for (const thing of things) {
      for (const { name, work } of round % 2 === 0 ? contenders : contenders.toReversed()) {
        const taken = await work.get(thing)?.();
        const kept = results.get(thing)?.get(name) ?? [];
        if (taken !== undefined && round >= 0) results.get(thing)?.set(name, [...kept, taken]);
      }
    }
  }
  return results;
}
