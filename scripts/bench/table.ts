import type { Turn, Turns } from './contenders.ts';
import type { Era, Measure } from './load.ts';
import { median } from './median.ts';

/** The words over `rows`. */
export const HEAD = 'era         tools   gatehouse/s  p50 ms  p99 ms   bare SDK/s  p50 ms  p99 ms    ratio';

/** One line for each number of tools. The ratio is the median of the rounds' ratios: neighbours in time. */
export const rows = (era: Era, turns: Turns): readonly string[] =>
  [...turns].map(([tools, each]) => {
    const ratio = median(each.map(({ ours, bare }) => ours.rate / bare.rate));
    const [ours, bare] = [side(each, 'ours'), side(each, 'bare')];
    return `${era}${`${tools}`.padStart(7)}  ${ours}  ${bare}  ${ratio.toFixed(1).padStart(6)}x`;
  });

/** What a call costs with the most tools, in calls with the fewest, on either side; the median of the rounds. */
export function growth(turns: Turns): string {
  const [first, ...others] = [...turns];
  const last = others.at(-1);
  if (first === undefined || last === undefined) return '';
  const times = (who: keyof Turn) =>
    median(first[1].map((turn, round) => turn[who].rate / (last[1][round]?.[who].rate ?? Number.NaN)));
  const [ours, bare] = [times('ours').toFixed(2), times('bare').toFixed(1)];
  return `${''.padEnd(12)}a call with ${last[0]} tools costs ${ours} times one with ${first[0]}; bare SDK ${bare} times`;
}

/** A median of milliseconds. */
export const milliseconds = (times: readonly number[]): string => `${median(times).toFixed(0)} ms`.padStart(8);

function side(turns: readonly Turn[], who: keyof Turn): string {
  const middle = (what: keyof Measure) => median(turns.map((turn) => turn[who][what])).toFixed(0);
  return middle('rate').padStart(11) + middle('p50').padStart(8) + middle('p99').padStart(8);
}
