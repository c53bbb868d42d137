import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { ask } from '../support/plain-http.ts';
import { describeRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { campaign, type Scene } from './campaign.ts';
import { redisDatabase } from './database.ts';
import type { Node } from './deployment.ts';
import { soak } from './report.ts';

const CLOCK = join(import.meta.dirname, 'movable-clock.ts');
const HOUR = 3600;
/** How long all is watched with a clock that is wrong, in milliseconds. */
const WATCHED = soak ? 60_000 : 3000;

/** By then what was sent to a node before is answered. Milliseconds. */
const QUIET = 1000;

const readiness = async ({ url }: Node): Promise<number> => (await ask(`${url}/readyz`)).status;

/** Starts a node with a clock that can jump by so many seconds. */
async function withClock(node: Node, seconds: number): Promise<void> {
  await node.kill();
  await node.restart({ NODE_OPTIONS: `--import=${CLOCK}`, CLOCK_JUMP: `${seconds}` });
}

/** What was answered from now on by a node is for its caller alone: 401 and 400 are refusals of what is good. */
function expectWell({ journal }: Scene, { url }: Node, from: number): void {
  const answers = journal.entries.filter(({ kind, node, began }) => kind === 'load' && node === url && began > from);
  expect(answers.length).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status >= 400)).toEqual([]);
}

/** The clock of a node that has no traffic jumps: it says that it is not ready, so that it gets none. */
async function jumpAside({ deployment }: Scene, node: Node): Promise<void> {
  deployment.takeOut(node);
  await pause(QUIET);
  node.signal('SIGUSR2');
  await until(
    () => readiness(node),
    ({ value }) => value === 503,
    15,
  );
  expect(node.output()).toContain('"event":"clock_skew"');
}

describeRedisServer('clocks that are wrong', () => {
  const { fault } = campaign(redisDatabase, { ACCESS_TOKEN_LIFETIME: '300' });

  fault(
    'F15 the clock of one node jumps two hours on, and two hours back',
    async (scene) => {
      const { deployment } = scene;
      const [well, wrong] = deployment.nodes;
      for (const seconds of [2 * HOUR, -2 * HOUR]) {
        await withClock(wrong, seconds);
        await until(
          () => readiness(wrong),
          ({ value }) => value === 200,
        );
        await jumpAside(scene, wrong);
        const from = performance.now();
        await pause(WATCHED);
        expectWell(scene, well, from);
        expect(await readiness(well)).toBe(200);
        wrong.signal('SIGUSR2');
        await until(
          () => readiness(wrong),
          ({ value }) => value === 200,
        );
        deployment.putBack();
      }
      return 2;
    },
    { least: 60, seconds: 300 },
  );

  fault(
    'F16 two nodes are 45 s apart, and then one is 90 s from the other and from Redis',
    async (scene) => {
      const { deployment } = scene;
      const [early, late] = deployment.nodes;
      await withClock(early, -20);
      await withClock(late, 25);
      const from = performance.now();
      for (const node of [early, late]) node.signal('SIGUSR2');
      await pause(WATCHED);
      for (const node of [early, late]) {
        expect(await readiness(node)).toBe(200);
        expectWell(scene, node, from);
      }
      await withClock(late, 70);
      await jumpAside(scene, late);
      const apart = performance.now();
      await pause(WATCHED);
      expectWell(scene, early, apart);
      for (const node of [early, late]) await node.kill();
      for (const node of [early, late]) await node.restart({ NODE_OPTIONS: '' });
      deployment.putBack();
      return 3;
    },
    { least: 60, seconds: 300 },
  );
});
