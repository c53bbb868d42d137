import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import { signingKeyManagement } from '../../src/authorization/rotate-signing-keys.ts';
import { systemClock } from '../../src/core/clock.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { retireKey } from '../../src/store/canary.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { type MaintainableStore, scanPages } from '../../src/store/maintenance.ts';
import { reseal } from '../../src/store/reseal.ts';
import { describeRedisServer } from '../support/redis-server.ts';
import { campaign, type Scene } from './campaign.ts';
import { tokensOf } from './client.ts';
import { redisDatabase } from './database.ts';
import { addedIn, addToRecords, withVault } from './later-version.ts';
import { soak } from './report.ts';
import { visits } from './visits.ts';

/** Seconds that a new signing key is published before it signs. */
const LEAD = 3;
/** Between two restarts, in milliseconds. */
const APART = soak ? 60_000 : 800;

/** The names of all records of a kind. */
async function namesOf(backend: MaintainableStore, kind: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for await (const page of scanPages(backend, 200)) {
    for (const { name } of page) if (name.startsWith(kind)) names.add(name);
  }
  return names;
}

/** Where nodes come and go, connections are lost; but whoever holds a good token is not told that it is bad. */
function expectNobodyRefused({ journal }: Scene, from: number): void {
  const refused = journal.entries.filter(
    ({ kind, began, status, node }) => kind === 'load' && node !== '' && began >= from && status >= 400 && status < 500,
  );
  expect(refused).toEqual([]);
}

describeRedisServer('versions and keys that change under way', () => {
  const { fault } = campaign(redisDatabase);

  fault(
    'F23 records hold what a later version has added',
    async (scene) => {
      const { deployment, client } = scene;
      const from = performance.now();
      const { authorized, signedIn } = visits(scene);
      const tokens = await signedIn();
      let changed = 0;
      for (let pass = 0; pass < 6; pass += 1) {
        changed += await withVault(deployment, addToRecords);
        await pause(300);
      }
      // Each of these is written anew by what was done since.
      await withVault(deployment, ({ store }) => signingKeyManagement({ store, clock: systemClock }).rotate(LEAD));
      const next = await client.refresh(deployment.url, tokens);
      expect(next.status).toBe(200);
      expect((await client.redeem(deployment.url, await authorized())).status).toBe(200);
      expect((await client.revoke(deployment.url, tokensOf(tokens.from, next), 'refresh')).status).toBe(200);
      expect(await withVault(deployment, (vault) => addedIn(vault, 'signing_keys'))).toEqual({ with: 1, without: 0 });
      expectNobodyRefused(scene, from);
      return changed;
    },
    // The new version of the signing keys.
    { seconds: 120, growth: 1 },
  );

  fault(
    'F23 what was sealed with a key that no node has yet is answered 503 and stays',
    async (scene) => {
      const { deployment, client } = scene;
      const { url } = deployment;
      const clients = () => withVault(deployment, ({ backend }) => namesOf(backend, 'client:'));
      const before = await clients();
      const tokens = await visits(scene).signedIn();
      const [name] = [...(await clients())].filter((one) => !before.has(one));
      if (name === undefined) throw new Error('The client is not kept.');
      const later = keyRing([generateFernetKey()]);
      const sealed = later.seal('of a later version', systemClock());
      const kept = await withVault(deployment, async ({ backend }) => {
        const value = (await backend.get(name)) ?? '';
        await backend.replace(name, value, sealed);
        return value;
      });
      expect((await client.refresh(url, tokens)).status).toBe(503);
      await withVault(deployment, async ({ backend }) => {
        expect(await backend.replace(name, sealed, kept)).toBe(true);
      });
      expect((await client.refresh(url, tokens)).status).toBe(200);
      return 1;
    },
    { seconds: 300 },
  );

  const { FAULTS_EARLIER: earlier } = process.env;
  if (earlier !== undefined) {
    fault(
      'F23 one node runs an earlier version, then both, then none',
      async (scene) => {
        const { nodes, all } = scene.deployment;
        const from = performance.now();
        const app = appOf(earlier);
        for (const turn of [nodes[0], nodes[1]]) {
          await turn.kill();
          await turn.restart({}, app, earlier);
          await pause(2 * APART);
        }
        for (const turn of [nodes[0], nodes[1]]) {
          await turn.kill();
          await turn.restart();
          await pause(2 * APART);
        }
        expectNobodyRefused(scene, from);
        return all.length * 2;
      },
      { least: 95, seconds: 300 },
    );
  }

  fault(
    'F22 signing and sealing keys are changed while nodes restart one by one',
    async (scene) => {
      const { deployment } = scene;
      const from = performance.now();
      const [before] = deployment.keys;
      const after = generateFernetKey();
      if (before === undefined) throw new Error('There is no key.');
      let restarts = 0;
      const restartAll = async (keys: readonly string[]) => {
        for (const node of deployment.nodes) {
          await node.kill();
          await node.restart({ GATEHOUSE_KEYS: keys.join() });
          restarts += 1;
          await pause(APART);
        }
        deployment.keys = keys;
      };
      const rotate = () =>
        withVault(deployment, ({ store }) => signingKeyManagement({ store, clock: systemClock }).rotate(LEAD));
      await rotate();
      await restartAll([before, after]);
      await restartAll([after, before]);
      await rotate();
      await withVault(deployment, async ({ backend, ring }) => {
        expect(await reseal(backend, ring, { batch: 200 })).toMatchObject({ unreadable: 0 });
        const [, old = ''] = ring.ids;
        await retireKey(backend, ring, old, systemClock);
      });
      await restartAll([after]);
      expectNobodyRefused(scene, from);
      return restarts + 3;
    },
    // Two versions of the signing keys; what the store remembers of the new sealing key, and of the old one.
    { least: 95, seconds: 400, growth: 4 },
  );
});

/** The app of the campaign inside an earlier checkout, which may not have one. */
function appOf(root: string): string {
  const file = join(root, 'campaign-app.ts');
  const text = readFileSync(join(import.meta.dirname, 'app.ts'), 'utf8').replaceAll("'../../", "'./");
  if (!existsSync(file)) writeFileSync(file, text);
  return file;
}
