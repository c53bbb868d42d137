import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keyRing } from '../../src/store/key-ring.ts';
import { callTool } from '../support/plain-http.ts';
import { refresh, type SignedIn, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';
import { runKeys } from './keys-here.ts';

let world: World;
beforeEach(async () => {
  world = await startWorld();
});
afterEach(async () => {
  await world.close();
  await rm(world.directory, { recursive: true, force: true });
});

const call = async (node: World, token: unknown): Promise<number> =>
  (await callTool(`${node.url}/notes/mcp`, String(token), 'list_notes')).status;

it('JW-34 a running host refuses the tokens of a retired signing key within a second, and people stay signed in', async () => {
  const person = await signIn(world.url);
  expect(await call(world, person.access)).toBe(200);
  const { kid = '' } = decodeProtectedHeader(person.access);
  expect((await runKeys(world.directory, ['retire', '--signing', kid])).code).toBe(0);
  const retired = performance.now();
  await expect.poll(() => call(world, person.access)).toBe(401);
  expect(performance.now() - retired, 'a second, and what a busy machine needs').toBeLessThan(2500);
  const { body } = await refresh(world.url, person.client, person.refresh);
  expect(await call(world, body.access_token)).toBe(200);
  expect(world.logged.some((line) => line.includes('signing_keys_changed'))).toBe(true);
});

/** Ends the host and starts another over the same folder, at the same address. */
async function restart(settings: { readonly resealAfter: number }): Promise<void> {
  const { port } = new URL(world.url);
  await world.host.close();
  world = await startWorld({ directory: world.directory, port: Number(port), settings });
}

it('ST-07 a restarted host seals its records anew by itself, and nobody is signed out by the end of the old key', async () => {
  const person: SignedIn = await signIn(world.url);
  const file = join(world.directory, 'sealing.key');
  const old = keyRing([(await readFile(file, 'utf8')).trim()]).sealingId;
  expect((await runKeys(world.directory, ['rotate'])).code).toBe(0);
  await restart({ resealAfter: 0 });
  expect(await call(world, person.access)).toBe(200);
  await expect.poll(() => world.logged.some((line) => line.includes('"resealed"'))).toBe(true);
  const retired = await runKeys(world.directory, ['retire', old]);
  expect([retired.code, retired.stderr]).toEqual([0, '']);
  await restart({ resealAfter: 0 });
  expect(await call(world, person.access)).toBe(200);
  expect((await refresh(world.url, person.client, person.refresh)).status).toBe(200);
});

it('ends within its grace while it seals records anew', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  await runKeys(directory, ['list']);
  await runKeys(directory, ['rotate']);
  const other = await startWorld({ directory, settings: { resealAfter: 0 } });
  const started = performance.now();
  await other.host.close();
  expect(performance.now() - started).toBeLessThan(5000);
  await rm(directory, { recursive: true, force: true });
});
