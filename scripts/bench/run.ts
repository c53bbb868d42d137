/**
 * Compares our host with the bare SDK, and times start-up and sign-in.
 * `npm run bench [-- --rounds 5 --seconds 2 --tools 1,50,500 --era 2025-11-25,2026-07-28]`
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { takeTurns } from './contenders.ts';
import { timeDemo } from './demo-times.ts';
import type { Era } from './load.ts';
import { growth, HEAD, milliseconds, rows } from './table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    tools: { type: 'string', default: '1,50,500' },
    era: { type: 'string', default: '2025-11-25,2026-07-28' },
  },
});
const effort = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
const counts = values.tools.split(',').map(Number);

console.log(
  `Node ${process.version}, ${cpus().length} cores, 10 connections, ${effort.rounds} rounds of ${effort.seconds} s`,
);
console.log('Both check an ES256 token on each call; our host remembers for a while that it was good.\n');
console.log(HEAD);
for (const era of values.era.split(',') as Era[]) {
  const turns = await takeTurns(counts, era, effort);
  console.log(`${rows(era, turns).join('\n')}\n${growth(turns)}\n`);
}
const { startUps, restarts, firstCalls } = await timeDemo(effort.rounds);
console.log(`start-up to /readyz           ${milliseconds(startUps)}  (target < 1500 ms)`);
console.log(`restart over its state        ${milliseconds(restarts)}`);
console.log(`sign-in to first tool call    ${milliseconds(firstCalls)}  (target < 1000 ms)`);
