import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Job, MESSAGES } from './jobs.ts';
import { askOnce, type Era, type Load, load, type Span, type Target } from './load.ts';

/** How often and how long to measure. */
export interface Effort {
  /** Times that everybody has a turn. */
  readonly rounds: number;
  readonly span: Span;
}

/** One turn of one side. */
export interface Measure extends Load {
  /** Microseconds of processor time that the server spent on an answer; hardly moved by what else the machine does. */
  readonly cpu: number;
}

/** What one round brought for one job: two turns, one right after the other. */
export interface Turn {
  readonly ours: Measure;
  readonly bare: Measure;
}

/** The turns of one job, oldest round first. */
export interface Turns {
  readonly job: Job;
  readonly turns: readonly Turn[];
}

/**
 * Has our host and the bare SDK take turns, each with each job in a process of its own. Whatever else the machine does
 * meets all of them alike.
 */
export async function takeTurns(jobs: readonly Job[], era: Era, { rounds, span }: Effort): Promise<readonly Turns[]> {
  const children: ChildProcess[] = [];
  const start = async (file: string, job: Job): Promise<Contender> => {
    const contender = await startContender(file, job, children);
    await askOnce(contender.target, era, MESSAGES[job.kind]);
    if ('seconds' in span)
      await load(contender.target, era, MESSAGES[job.kind], { seconds: Math.min(3, span.seconds) });
    return contender;
  };
  try {
    const pairs: { job: Job; turns: Turn[]; ours: Contender; bare: Contender }[] = [];
    for (const job of jobs) {
      pairs.push({ job, turns: [], ours: await start('gatehouse.ts', job), bare: await start('bare-sdk.ts', job) });
    }
    for (let round = 0; round < rounds; round++) {
      for (const { turns, ours, bare } of pairs) {
        turns.push({ ours: await measure(ours, era, span), bare: await measure(bare, era, span) });
      }
    }
    return pairs;
  } finally {
    for (const child of children) child.kill();
  }
}

interface Contender {
  readonly job: Job;
  readonly target: Target;
  readonly child: ChildProcess;
}

async function measure({ job, target, child }: Contender, era: Era, span: Span): Promise<Measure> {
  const before = await spent(child);
  const loaded = await load(target, era, MESSAGES[job.kind], span);
  return { ...loaded, cpu: ((await spent(child)) - before) / loaded.calls };
}

async function spent(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message');
  child.send('cpu');
  const [microseconds] = (await answer) as [number];
  return microseconds;
}

async function startContender(file: string, job: Job, children: ChildProcess[]): Promise<Contender> {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = fork(path, [job.kind, `${job.items}`], { env: { ...process.env, LOG_LEVEL: 'error' } });
  children.push(child);
  const [target] = (await once(child, 'message', { signal: AbortSignal.timeout(20_000) })) as [Target];
  return { job, target, child };
}
