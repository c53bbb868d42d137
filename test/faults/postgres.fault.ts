import { setTimeout as pause } from 'node:timers/promises';
import { describePostgres } from '../support/postgres-server.ts';
import { campaign } from './campaign.ts';
import { cutsUnderLoad } from './cuts.ts';
import { postgresDatabase } from './database.ts';
import { dieInRedemption, dieInRefresh } from './deaths.ts';
import { failEachCommand } from './each-command.ts';
import { soak } from './report.ts';

/** SQLSTATE disk_full. */
const DISK_FULL = '53100';
/** In a default run every so many steps of a request a node dies; over Redis more of them are tried. */
const STRIDE = soak ? 1 : 5;

describePostgres('nodes and lines to PostgreSQL that fail', () => {
  const { fault } = campaign(postgresDatabase);
  const deaths = { least: 95, seconds: 300 };

  fault('F02 a node dies between two store steps of a redemption', (scene) => dieInRedemption(scene, STRIDE), deaths);
  fault('F03 a node dies between two store steps of a refresh', (scene) => dieInRefresh(scene, STRIDE), deaths);

  fault('F12 the n-th statement of each grant is refused', (scene) => failEachCommand(scene, { refuse: DISK_FULL }), {
    seconds: 300,
  });
  fault(
    'F12 the n-th statement of each grant is done, its answer lost',
    (scene) => failEachCommand(scene, 'cut after'),
    {
      seconds: 300,
    },
  );

  fault(
    'F13 packets vanish without a word',
    async ({ deployment: { nodes }, journal }) => {
      const outage = journal.beginOutage();
      for (const { line } of nodes) line.replies = 'drop';
      await pause(soak ? 60_000 : 4000);
      outage.to = performance.now() - 100;
      for (const { line } of nodes) line.replies = 'pass';
      return nodes.length;
    },
    { least: 0, seconds: 300 },
  );

  fault(
    'F14 connections are cut after a random statement was done',
    (scene) => cutsUnderLoad(scene, soak ? 1000 : 200),
    {
      least: 0,
      seconds: 180,
    },
  );
});
