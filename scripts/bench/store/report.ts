import { median } from '../median.ts';
import { judge, type Verdict } from './noise.ts';
import type { RedisBytes } from './redis-bytes.ts';
import type { Sample } from './sample.ts';
import type { Results } from './turns.ts';

/** The medians of one thing, by contender, and how the first compares with the second, round by round. */
export interface Line {
  readonly thing: string;
  readonly medians: Readonly<Record<string, Sample>>;
  /** How long the first takes in terms of the second: by the clock, and by processor time of the server. */
  readonly time: Verdict;
  readonly cpu: Verdict;
}

/** One part of the bench, done. */
export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Which of the two ratios is promised; none where they are only told. */
  readonly promised?: 'time' | 'cpu';
}

/** What came out of one part. `limit` is the most that a ratio may be. */
export function lines(results: Results, [first, second]: readonly [string, string], limit = Infinity): readonly Line[] {
  return [...results].map(([thing, samples]) => {
    const of = (name: string) => samples.get(name) ?? [];
    const ratios = (what: (sample: Sample) => number) =>
      of(first).map((sample, round) => {
        const other = of(second)[round];
        return other === undefined ? Number.NaN : what(sample) / what(other);
      });
    return {
      thing,
      medians: { [first]: middle(of(first)), [second]: middle(of(second)) },
      time: judge(
        ratios(({ rate }) => 1 / rate),
        limit,
      ),
      cpu: judge(
        ratios(({ cpu }) => cpu),
        limit,
      ),
    };
  });
}

/** The promises of a section that were broken, in words. */
export const broken = ({ title, lines, promised }: Section): readonly string[] =>
  promised === undefined
    ? []
    : lines
        .filter((line) => line[promised].broken)
        .map(
          ({ thing, [promised]: { ratio, limit } }) =>
            `${title}: ${thing} ${ratio.toFixed(2)}x, at most ${limit.toFixed(2)}x`,
        );

/** A section as a table. */
export function table({ title, lines, promised }: Section): string {
  const names = Object.keys(lines[0]?.medians ?? {});
  const head = names.map((name) => `${name.padStart(12)} /s  cpu us  p50 ms  p99 ms`).join('');
  const rows = lines.map(({ thing, medians, time, cpu }) => {
    const sides = names.map((name) => side(medians[name])).join('');
    const verdict = promised === undefined ? '' : { time, cpu }[promised].broken ? '  BROKEN' : '  ok';
    return `${thing.padEnd(30)}${sides}${times(time)}${times(cpu)}${verdict}`;
  });
  return [title, `${''.padEnd(30)}${head}    time     cpu`, ...rows, ''].join('\n');
}

/** Bytes in words. */
export function bytesTable({ records, client, grant }: RedisBytes): string {
  const kinds = Object.entries(records).map(([kind, bytes]) => `${kind} ${bytes}`);
  return [
    'Bytes in Redis',
    `a registered client ${client.toFixed(0)}, a sign-in with a refresh token ${grant.toFixed(0)} (used_memory)`,
    `by record (MEMORY USAGE): ${kinds.join(', ')}`,
    '',
  ].join('\n');
}

const side = (sample: Sample | undefined): string =>
  sample === undefined
    ? ''
    : sample.rate.toFixed(0).padStart(15) +
      sample.cpu.toFixed(0).padStart(8) +
      sample.p50.toFixed(2).padStart(8) +
      sample.p99.toFixed(2).padStart(8);

const times = ({ ratio }: Verdict): string => `${ratio.toFixed(2)}x`.padStart(8);

function middle(samples: readonly Sample[]): Sample {
  const of = (what: (sample: Sample) => number) => median(samples.map(what));
  return {
    rate: of(({ rate }) => rate),
    cpu: of(({ cpu }) => cpu),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
  };
}
