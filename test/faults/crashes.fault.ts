import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { describeRedisServer } from '../support/redis-server.ts';
import { campaign, type Scene } from './campaign.ts';
import { type Tokens, tokensOf } from './client.ts';
import { redisDatabase } from './database.ts';
import type { Node } from './deployment.ts';
import { killAtEachCommand } from './kill-each-command.ts';
import { soak } from './report.ts';

/** What goes well of the load, whose connections die with a node, in percent; of few errands each counts for more. */
const WELL = { deaths: 95, loop: 99 };

/** Signs the visitor in where a round needs it. */
function visits({ client, deployment: { url } }: Scene) {
  let registered: Promise<string> | undefined;
  const clientId = () => {
    registered ??= client.register(url);
    return registered;
  };
  const authorized = async (at = url) => client.authorize(at, await clientId());
  const signedIn = async (): Promise<Tokens> => {
    const code = await authorized();
    return tokensOf(code, await client.redeem(url, code));
  };
  return { authorized, signedIn };
}

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

  fault(
    'F02 a node dies after each store step of a redemption',
    (scene) => {
      const { client, deployment } = scene;
      const { authorized } = visits(scene);
      return killAtEachCommand(scene, async (node, attempt) => {
        const code = await authorized();
        const first = await attempt(() => client.redeem(node.url, code));
        if (first.status === 200) return;
        expect(first.status).toBe(0);
        const second = await client.redeem(deployment.url, code);
        if (second.status === 200)
          expect((await client.refresh(deployment.url, tokensOf(code, second))).status).toBe(200);
        else expect([second.status, second.body.error]).toEqual([400, 'invalid_grant']);
      });
    },
    { least: WELL.deaths, seconds: 300 },
  );

  fault(
    'F03 a node dies after each store step of a refresh',
    (scene) => {
      const { client, deployment } = scene;
      const { signedIn } = visits(scene);
      return killAtEachCommand(scene, async (node, attempt) => {
        const tokens = await signedIn();
        const first = await attempt(() => client.refresh(node.url, tokens));
        if (first.status === 200) return;
        expect(first.status).toBe(0);
        const second = await client.refresh(deployment.url, tokens);
        expect(second.status).toBe(200);
        expect((await client.refresh(deployment.url, tokensOf(tokens.from, second))).status).toBe(200);
      });
    },
    { least: WELL.deaths, seconds: 300 },
  );

  fault(
    'F04 a node dies after each store step of the sign-in pages and the consent',
    (scene) => {
      const { client, deployment } = scene;
      const { authorized } = visits(scene);
      return killAtEachCommand(
        scene,
        async (node, attempt) => {
          const first = await attempt(() => authorized(node.url).catch(() => undefined));
          // What was half done is no consent: the person is asked again, and then has a code that works.
          const code = first ?? (await authorized());
          expect((await client.redeem(deployment.url, code)).status).toBe(200);
        },
        soak ? 1 : 4,
      );
    },
    { least: WELL.deaths, seconds: 300 },
  );

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
