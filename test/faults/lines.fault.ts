import { setTimeout as pause } from 'node:timers/promises';
import { describeRedisServer } from '../support/redis-server.ts';
import { campaign } from './campaign.ts';
import { redisDatabase } from './database.ts';
import { soak } from './report.ts';

describeRedisServer('lines to Redis that fail', () => {
  const { fault } = campaign(redisDatabase);

  fault('F00 nothing fails', async () => {
    await pause(2000);
    return 0;
  });

  fault(
    'F13 packets vanish without a word',
    async ({ deployment: { nodes }, journal }) => {
      const outage = journal.beginOutage();
      for (const { line } of nodes) line.replies = 'drop';
      await pause(soak ? 60_000 : 10_000);
      outage.to = performance.now();
      for (const { line } of nodes) line.replies = 'pass';
      return nodes.length;
    },
    { least: 0, seconds: soak ? 120 : 60 },
  );
});
