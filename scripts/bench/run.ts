/** Compares our host with the bare SDK, and times sign-in and start-up. `npm run bench [-- --rounds 5 --seconds 3]`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, parseEnv } from 'node:util';
import { type Comparison, compare } from './contenders.ts';
import type { Era } from './load.ts';
import { median } from './median.ts';
import { startDemo } from './start-up.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    tools: { type: 'string', default: '1,50,500' },
    era: { type: 'string', default: '2025-11-25,2026-07-28' },
  },
});
const effort = { rounds: Number(values.rounds), seconds: Number(values.seconds) };

console.log(
  `Node ${process.version}, ${cpus().length} cores, 10 connections, ${effort.rounds} turns of ${effort.seconds} s\n`,
);
console.log('era         tools   gatehouse/s  p50 ms  p99 ms   bare SDK/s  p50 ms  p99 ms    ratio');
for (const era of values.era.split(',') as Era[]) {
  const rows: Comparison[] = [];
  for (const tools of values.tools.split(',').map(Number)) {
    const row = await compare(tools, era, effort);
    rows.push(row);
    console.log(line(row));
  }
  console.log(`${''.padEnd(12)}${dearer(rows)}\n`);
}
const { startUps, restarts, firstCalls } = await timeDemo();
console.log(`start-up to /readyz           ${milliseconds(startUps)}  (target < 1500 ms)`);
console.log(`restart over its state        ${milliseconds(restarts)}`);
console.log(`sign-in to first tool call    ${milliseconds(firstCalls)}  (target < 1000 ms)`);

function line({ era, tools, ours, bare }: Comparison): string {
  const side = ({ rate, p50, p99 }: Comparison['ours']) =>
    [rate.toFixed(0).padStart(11), p50.toFixed(0).padStart(8), p99.toFixed(0).padStart(8)].join('');
  return `${era}${`${tools}`.padStart(7)}  ${side(ours)}  ${side(bare)}  ${(ours.rate / bare.rate).toFixed(1).padStart(6)}x`;
}

/** What a call costs with the most tools, in calls with the fewest. */
function dearer(rows: readonly Comparison[]): string {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined || first === last) return '';
  const ours = (first.ours.rate / last.ours.rate).toFixed(2);
  const bare = (first.bare.rate / last.bare.rate).toFixed(1);
  return `a call with ${last.tools} tools costs ${ours} times one with ${first.tools}; bare SDK ${bare} times`;
}

async function timeDemo() {
  const startUps: number[] = [];
  const restarts: number[] = [];
  const firstCalls: number[] = [];
  for (let round = 0; round < effort.rounds; round++) {
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

function milliseconds(times: readonly number[]): string {
  return `${median(times).toFixed(0)} ms`.padStart(8);
}
