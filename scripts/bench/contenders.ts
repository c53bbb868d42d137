import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { callOnce, type Era, load, type Measure, type Target } from './load.ts';
import { median } from './median.ts';

/** How long and how often to measure. */
export interface Effort {
  /** Times that the two take turns. */
  readonly rounds: number;
  /** Seconds of each turn. */
  readonly seconds: number;
}

/** The medians of one comparison. */
export interface Comparison {
  readonly tools: number;
  readonly era: Era;
  readonly ours: Measure;
  readonly bare: Measure;
}

/** Has our host and the bare SDK take turns, each in a process of its own with the same `tools` tools. */
export async function compare(tools: number, era: Era, { rounds, seconds }: Effort): Promise<Comparison> {
  const children = [startContender('gatehouse.ts', tools), startContender('bare-sdk.ts', tools)] as const;
  try {
    const [ourTarget, bareTarget] = await Promise.all([ready(children[0]), ready(children[1])]);
    const measured: { ours: Measure[]; bare: Measure[] } = { ours: [], bare: [] };
    for (const target of [ourTarget, bareTarget]) {
      await callOnce(target, era);
      await load(target, era, 1);
    }
    for (let round = 0; round < rounds; round++) {
      measured.ours.push(await load(ourTarget, era, seconds));
      measured.bare.push(await load(bareTarget, era, seconds));
    }
    return { tools, era, ours: middle(measured.ours), bare: middle(measured.bare) };
  } finally {
    for (const child of children) child.kill();
  }
}

const middle = (measures: readonly Measure[]): Measure => ({
  rate: median(measures.map(({ rate }) => rate)),
  p50: median(measures.map(({ p50 }) => p50)),
  p99: median(measures.map(({ p99 }) => p99)),
});

/** Both write their logs to nowhere: writing them is counted, showing them is not. */
function startContender(file: string, tools: number): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const execArgv = ['--conditions=gatehouse-source', '--disable-warning=ExperimentalWarning'];
  return fork(path, [`${tools}`], { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
}

async function ready(child: ChildProcess): Promise<Target> {
  const [target] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [Target];
  return target;
}
