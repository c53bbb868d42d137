/**
 * Compares our host with the bare SDK, and times start-up and sign-in.
 * `npm run bench [-- --rounds 5 --seconds 2 --tools 1,50,500 --era 2025-11-25,2026-07-28]`
 * `--answers 10` in place of `--seconds` takes turns of so many answers, for a quick look whether it runs.
 * `--jobs call,list,resource,prompt,composed,proxy` and `--no-demo` leave out what you do not want to wait for.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { takeTurns } from './contenders.ts';
import { timeDemo } from './demo-times.ts';
import { jobsOf } from './jobs.ts';
import type { Era } from './load.ts';
import { growth, HEAD, milliseconds, rows } from './table.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    answers: { type: 'string' },
    tools: { type: 'string', default: '1,50,500' },
    jobs: { type: 'string', default: 'call,list,resource,prompt,composed,proxy' },
    demo: { type: 'boolean', default: true },
    era: { type: 'string', default: '2025-11-25,2026-07-28' },
  },
});
const { answers, seconds } = values;
const span = answers === undefined ? { seconds: Number(seconds) } : { answers: Number(answers) };
const effort = { rounds: Number(values.rounds), span };
const length = answers === undefined ? `${seconds} s` : `${answers} answers`;
const jobs = jobsOf(values.jobs.split(','), values.tools.split(',').map(Number));

console.log(`Node ${process.version}, ${cpus().length} cores, 10 connections, ${values.rounds} rounds of ${length}`);
console.log('Both check an ES256 token on each call; our host remembers for a while that it was good.');
console.log('The bare SDK registers what the caller may see at each request, schemas included, as its guide shows.\n');
console.log(HEAD);
for (const era of values.era.split(',') as Era[]) {
  const turns = await takeTurns(jobs, era, effort);
  console.log([...rows(era, turns), ...growth(turns), ''].join('\n'));
}
if (values.demo) {
  const { startUps, restarts, firstCalls } = await timeDemo(effort.rounds);
  console.log(`start-up to /readyz           ${milliseconds(startUps)}  (target < 1500 ms)`);
  console.log(`restart over its state        ${milliseconds(restarts)}`);
  console.log(`sign-in to first tool call    ${milliseconds(firstCalls)}  (target < 1000 ms)`);
}
