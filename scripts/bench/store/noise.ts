import { median } from '../median.ts';

/** What a promise about a ratio came to. */
export interface Verdict {
  /** The median of the rounds' ratios. */
  readonly ratio: number;
  readonly limit: number;
  /** Whether it is broken beyond noise. */
  readonly broken: boolean;
}

const CHANCE = 0.05;

/**
 * Whether the ratios of the rounds lie above `limit` by more than noise. Where a ratio is right at the limit, each round
 * falls above it as often as below; broken is what would come of that in less than 5 of 100 runs (a sign test, one-sided).
 * Fewer than five rounds can break nothing.
 */
export function judge(ratios: readonly number[], limit: number): Verdict {
  const above = ratios.filter((ratio) => ratio > limit).length;
  return { ratio: median(ratios), limit, broken: chanceOf(above, ratios.length) < CHANCE };
}

/** How likely at least `heads` of `tosses` are. */
export function chanceOf(heads: number, tosses: number): number {
  let ways = 1;
  let sum = 0;
  for (let count = 0; count <= tosses; count++) {
    if (count >= heads) sum += ways;
    ways = (ways * (tosses - count)) / (count + 1);
  }
  return sum / 2 ** tosses;
}
