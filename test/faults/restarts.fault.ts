import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { ask } from '../support/plain-http.ts';
import { describeRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { campaign, type Scene } from './campaign.ts';
import { redisDatabase } from './database.ts';
import { soak } from './report.ts';
import { visits } from './visits.ts';

/** Waits until every node would be sent traffic. */
const ready = ({ deployment: { nodes } }: Scene) =>
  Promise.all(
    nodes.map(({ url }) =>
      until(
        () => ask(`${url}/readyz`),
        ({ value }) => value?.status === 200,
      ),
    ),
  );

describeRedisServer('a Redis that ends', () => {
  describe('and was told to lose nothing', () => {
    const { fault } = campaign(() => redisDatabase({ appendOnly: true }), { REDIS_DURABILITY: 'fsync' });

    fault(
      'F09 Redis is killed and started again with all it acknowledged',
      async (scene) => {
        const { database } = scene.deployment;
        const times = soak ? 30 : 4;
        for (let turn = 0; turn < times; turn += 1) {
          await pause(700 + scene.roll(700));
          await database.kill();
          await pause(scene.roll(500));
          await database.restart();
          await ready(scene);
        }
        return times;
      },
      { least: 50, seconds: 300 },
    );
  });

  describe('and keeps nothing', () => {
    const { fault } = campaign(redisDatabase);

    fault(
      'F08 Redis is started again empty',
      async (scene) => {
        const { deployment, client } = scene;
        const { url, database, nodes } = deployment;
        const { authorized, signedIn } = visits(scene);
        const [code, tokens] = [await authorized(), await signedIn()];
        await scene.leave();
        await database.kill();
        await database.restart();
        await ready(scene);
        // Clients register again, whatever they hold.
        for (const answer of [await client.redeem(url, code), await client.refresh(url, tokens)]) {
          expect([answer.status, answer.body.error]).toEqual([401, 'invalid_client']);
        }
        // A node that starts now finds no keys, and goes on with those of the others.
        await nodes[0].kill();
        await nodes[0].restart();
        await ready(scene);
        await scene.startOver();
        return 2;
      },
      { least: 0, seconds: 300 },
    );
  });
});
