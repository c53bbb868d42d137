import type { Measure, Turn, Turns } from './contenders.ts';
import type { Era } from './load.ts';
import { median } from './median.ts';

const SIDE = '     calls/s  cpu us  p50 ms  p99 ms';

/** The words over `rows`. */
export const HEAD = `${''.padEnd(29)}gatehouse${''.padEnd(28)}bare SDK\nera         job           ${SIDE}${SIDE}   ratio  in cpu`;

/** One line for each job. A ratio is the median of the rounds' ratios: neighbours in time. */
export const rows = (era: Era, jobs: readonly Turns[]): readonly string[] =>
  jobs.map(({ job, turns: each }) => {
    const rate = median(each.map(({ ours, bare }) => ours.rate / bare.rate));
    const cpu = median(each.map(({ ours, bare }) => bare.cpu / ours.cpu));
    const ratios = [rate, cpu].map((ratio) => `${ratio.toFixed(1)}x`.padStart(8)).join('');
    return `${era.padEnd(12)}${`${job.kind} ${job.items}`.padEnd(14)}${side(each, 'ours')}${side(each, 'bare')}${ratios}`;
  });

/** What a call costs with the most tools, in calls with the fewest, by processor time; the median of the rounds. No line for one job. */
export function growth(jobs: readonly Turns[]): readonly string[] {
  const [first, ...others] = jobs.filter(({ job }) => job.kind === 'call');
  const last = others.at(-1);
  if (first === undefined || last === undefined) return [];
  const times = (who: keyof Turn) =>
    median(last.turns.map((turn, round) => turn[who].cpu / (first.turns[round]?.[who].cpu ?? Number.NaN)));
  const [ours, bare] = [times('ours').toFixed(2), times('bare').toFixed(1)];
  return [
    `${''.padEnd(12)}a call with ${last.job.items} tools costs ${ours} times one with ${first.job.items}; bare SDK ${bare} times`,
  ];
}

/** A median of milliseconds. */
export const milliseconds = (times: readonly number[]): string => `${median(times).toFixed(0)} ms`.padStart(8);

function side(turns: readonly Turn[], who: keyof Turn): string {
  const middle = (what: keyof Measure) => median(turns.map((turn) => turn[who][what])).toFixed(0);
  return (
    middle('rate').padStart(12) + middle('cpu').padStart(8) + middle('p50').padStart(8) + middle('p99').padStart(8)
  );
}
