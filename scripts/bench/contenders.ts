import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { callOnce, type Era, type Load, load, type Target } from './load.ts';

/** How long and how often to measure. */
export interface Effort {
  /** Times that everybody has a turn. */
  readonly rounds: number;
  /** Seconds of each turn. */
  readonly seconds: number;
}

/** One turn of one side. */
export interface Measure extends Load {
  /** Microseconds of processor time that the server spent on a call; hardly moved by what else the machine does. */
  readonly cpu: number;
}

/** What one round brought for one number of tools: two turns, one right after the other. */
export interface Turn {
  readonly ours: Measure;
  readonly bare: Measure;
}

/** The turns of each number of tools, oldest round first. */
export type Turns = ReadonlyMap<number, readonly Turn[]>;

/**
 * Has our host and the bare SDK take turns, each with each number of tools in a process of its own. Whatever else the
 * machine does meets all of them alike.
 */
export async function takeTurns(counts: readonly number[], era: Era, { rounds, seconds }: Effort): Promise<Turns> {
  const children: ChildProcess[] = [];
  const start = async (file: string, tools: number): Promise<Contender> => {
    const contender = await startContender(file, tools, children);
    await callOnce(contender.target, era);
    await load(contender.target, era, 1);
    return contender;
  };
  try {
    const turns = new Map<number, Turn[]>();
    const pairs: { tools: number; ours: Contender; bare: Contender }[] = [];
    for (const tools of counts) {
      pairs.push({ tools, ours: await start('gatehouse.ts', tools), bare: await start('bare-sdk.ts', tools) });
      turns.set(tools, []);
    }
    for (let round = 0; round < rounds; round++) {
      for (const { tools, ours, bare } of pairs) {
        const turn = { ours: await measure(ours, era, seconds), bare: await measure(bare, era, seconds) };
        turns.get(tools)?.push(turn);
      }
    }
    return turns;
  } finally {
    for (const child of children) child.kill();
  }
}

interface Contender {
  readonly target: Target;
  readonly child: ChildProcess;
}

async function measure({ target, child }: Contender, era: Era, seconds: number): Promise<Measure> {
  const before = await spent(child);
  const loaded = await load(target, era, seconds);
  return { ...loaded, cpu: ((await spent(child)) - before) / loaded.calls };
}

async function spent(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message');
  child.send('cpu');
  const [microseconds] = (await answer) as [number];
  return microseconds;
}

async function startContender(file: string, tools: number, children: ChildProcess[]): Promise<Contender> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, [`${tools}`], { env: { ...process.env, LOG_LEVEL: 'error' } });
  children.push(child);
  const [target] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [Target];
  return { target, child };
}
