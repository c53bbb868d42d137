import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import { startDemo } from './start-up.ts';

/** Milliseconds, one of each for a round; several first calls. */
export interface DemoTimes {
  /** From spawning the process to readiness, over an empty folder. */
  readonly startUps: readonly number[];
  /** The same over the folder that it has left. */
  readonly restarts: readonly number[];
  /** From a client that knows nothing but the URL to its first answer of a tool. */
  readonly firstCalls: readonly number[];
}

/** Starts the demo host, signs in to it and starts it again, `rounds` times. */
export async function timeDemo(rounds: number): Promise<DemoTimes> {
  const startUps: number[] = [];
  const restarts: number[] = [];
  const firstCalls: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const directory = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
    const demo = await startDemo(directory);
    startUps.push(demo.startUp);
    firstCalls.push(...(await timeFirstCalls(demo.url, directory)));
    await demo.stop();
    const again = await startDemo(directory);
    restarts.push(again.startUp);
    await again.stop();
    await rm(directory, { recursive: true, force: true });
  }
  return { startUps, restarts, firstCalls };
}

async function timeFirstCalls(url: string, directory: string): Promise<readonly number[]> {
  const { DEMO_ADA_PASSWORD = '' } = parseEnv(await readFile(join(directory, 'demo.env'), 'utf8'));
  const script = fileURLToPath(new URL('first-call.ts', import.meta.url));
  const child = fork(script, [`${url}/notes/mcp`, DEMO_ADA_PASSWORD]);
  const [times] = (await once(child, 'message')) as [number[]];
  return times;
}
