import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { describeRedisServer } from '../support/redis-server.ts';
import type { Course } from '../support/tcp-proxy.ts';
import { campaign, type Scene } from './campaign.ts';
import { cutsUnderLoad } from './cuts.ts';
import { redisDatabase } from './database.ts';
import { failEachCommand } from './each-command.ts';
import { soak } from './report.ts';

/** Milliseconds after which any request has been given up, one store call after another counted in. */
const GIVEN_UP = 6000;

/** Puts all answers on a course for a while, in which nothing may hang. */
async function withReplies({ deployment, journal }: Scene, course: Course, milliseconds: number): Promise<void> {
  const { nodes } = deployment;
  const from = performance.now();
  for (const { line } of nodes) line.replies = course;
  await pause(milliseconds);
  for (const { url } of nodes) expect((await fetch(`${url}/healthz`)).status).toBe(200);
  for (const { line } of nodes) line.replies = 'pass';
  const slow = journal.entries.filter(({ began, ended }) => began > from && ended - began > GIVEN_UP);
  expect(slow).toEqual([]);
}

/** The same while nobody gets an answer in time. */
async function withoutReplies(scene: Scene, course: Course, milliseconds: number): Promise<void> {
  const outage = scene.journal.beginOutage();
  await withReplies(scene, course, milliseconds);
  outage.to = performance.now() - 100;
}

/** As Redis words them, each by the class under which it is logged. */
const REFUSALS = {
  READONLY: "READONLY You can't write against a read only replica.",
  OOM: "OOM command not allowed when used memory > 'maxmemory'.",
  LOADING: 'LOADING Redis is loading the dataset in memory',
  NOAUTH: 'NOAUTH Authentication required.',
  MAXCLIENTS: 'ERR max number of clients reached',
  CLUSTERDOWN: 'CLUSTERDOWN Hash slot not served',
  MISCONF: 'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.',
};

describeRedisServer('lines to Redis that fail', () => {
  const { fault } = campaign(redisDatabase);

  fault('F00 nothing fails', async () => {
    await pause(1000);
    return 0;
  });

  fault(
    'F11 answers come 2 s, 10 s and 0 to 3 s late',
    async (scene) => {
      await withoutReplies(scene, { delay: 2100 }, 4000);
      await withoutReplies(scene, { delay: 10_000 }, 4000);
      await withReplies(scene, { delay: () => scene.roll(3000) }, 4000);
      return 3 * scene.deployment.nodes.length;
    },
    { least: 0 },
  );

  fault(
    'F12 Redis refuses, by each of its words',
    async ({ deployment: { nodes, database }, journal }) => {
      let refused = 0;
      for (const [word, refuse] of Object.entries(REFUSALS)) {
        const outage = journal.beginOutage();
        for (const { commands } of nodes) {
          commands.fate = (command) => {
            if (!database.isOfStore(command)) return 'pass';
            refused += 1;
            return { refuse };
          };
        }
        await pause(1700);
        outage.to = performance.now();
        for (const { commands } of nodes) commands.fate = () => 'pass';
        await pause(300);
        // Told by its name, and not once a call.
        for (const node of nodes) {
          const told = node.output().match(new RegExp(`"class":"${word}".*"event":"redis_fault"`, 'g')) ?? [];
          expect([word, told.length]).toEqual([word, 1]);
        }
      }
      return refused;
    },
    { least: 0 },
  );

  fault('F12 the n-th command of each grant is refused', (scene) => failEachCommand(scene, { refuse: REFUSALS.OOM }), {
    seconds: 300,
  });

  fault('F12 the n-th command of each grant is done, its answer lost', (scene) => failEachCommand(scene, 'cut after'), {
    seconds: 300,
  });

  fault(
    'F13 packets vanish without a word',
    async (scene) => {
      await withoutReplies(scene, 'drop', soak ? 60_000 : 10_000);
      return scene.deployment.nodes.length;
    },
    { least: 0, seconds: 300 },
  );

  fault('F14 1,000 connections are cut after a random command was done', (scene) => cutsUnderLoad(scene, 1000), {
    least: 0,
    seconds: 180,
  });
});
