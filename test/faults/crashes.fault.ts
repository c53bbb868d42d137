import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { describeRedisServer } from '../support/redis-server.ts';
import { campaign } from './campaign.ts';
import { redisDatabase } from './database.ts';
import { dieInPages, dieInRedemption, dieInRefresh } from './deaths.ts';
import type { Node } from './deployment.ts';
import { soak } from './report.ts';
import { visits } from './visits.ts';

/** What goes well of the load, whose connections die with a node, in percent; of few errands each counts for more. */
const WELL = { deaths: 95, loop: 99 };

describeRedisServer('nodes that die', () => {
  const { fault } = campaign(redisDatabase);

  fault(
    'F01 a node dies between its redirect with the code and the redemption',
    async (scene) => {
      const { client, deployment } = scene;
      const { authorized } = visits(scene);
      const rounds = soak ? 40 : 6;
      for (let round = 0; round < rounds; round += 1) {
        const code = await authorized();
        const dead = deployment.nodes.find(({ url }) => url === code.node) as Node;
        await dead.kill();
        const back = dead.restart();
        // By turns at the node that is left, and at the one that died.
        if (round % 2 === 1) await back;
        const answer = await client.redeem(round % 2 === 1 ? dead.url : deployment.url, code);
        expect(answer.status).toBe(200);
        await back;
      }
      return rounds;
    },
    { least: WELL.deaths, seconds: 300 },
  );

  const deaths = { least: WELL.deaths, seconds: 300 };
  // In a default run every other step is met, beginning with the first or the second.
  const stride = soak ? 1 : 2;
  fault('F02 a node dies between two store steps of a redemption', (scene) => dieInRedemption(scene, stride), deaths);
  fault('F03 a node dies between two store steps of a refresh', (scene) => dieInRefresh(scene, stride), deaths);
  fault('F04 a node dies in the course of the pages', (scene) => dieInPages(scene, soak ? 1 : 5), deaths);

  fault(
    'F05 one node or the other dies every 2 s',
    async ({ deployment: { nodes }, roll }) => {
      const end = performance.now() + (soak ? 300_000 : 20_000);
      let kills = 0;
      let back = Promise.resolve();
      while (performance.now() < end) {
        await Promise.all([back, pause(2000)]);
        const node = nodes[roll(2)] as Node;
        await node.kill();
        kills += 1;
        back = node.restart();
      }
      await back;
      return kills;
    },
    { least: WELL.loop, seconds: 400 },
  );
});
