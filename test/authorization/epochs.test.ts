import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { epochsOf } from '../../src/authorization/epochs.ts';
import { singleUse } from '../../src/authorization/tokens/single-use.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { callTool } from '../support/plain-http.ts';
import { authorize, redeem, refresh, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

let epoch: string;
let world: World;
beforeEach(() => {
  epoch = 'first';
});
beforeAll(async () => {
  epoch = 'first';
  const store = { ...memoryStore(), time: async () => Date.now(), epoch: async () => epoch };
  world = await startWorld({ settings: { store } });
});
afterAll(() => world.close());

it('F09 a code is good in the epoch that it was written in, and refresh tokens are in every one', async () => {
  const { client, refresh: token } = await signIn(world.url);
  const [code, other] = [await authorize(world.url, { client }), await authorize(world.url, { client })];
  expect((await redeem(world.url, code)).status).toBe(200);
  epoch = 'second';
  const refused = await redeem(world.url, other);
  expect([refused.status, refused.body.error]).toEqual([400, 'invalid_grant']);
  expect((await refresh(world.url, client, token)).status).toBe(200);
  expect((await redeem(world.url, await authorize(world.url, { client }))).status).toBe(200);
});

it('TK-06 a second use of a code ends its family, also in a later epoch where the mark is still there', async () => {
  const code = await authorize(world.url);
  const { body } = await redeem(world.url, code);
  const call = async () => (await callTool(`${world.url}/notes/mcp`, String(body.access_token), 'list_notes')).status;
  epoch = 'second';
  expect((await redeem(world.url, code)).body.error).toBe('invalid_grant');
  expect(await call()).toBe(401);
});

it('F09 a use in whose course the epoch changes does not count for a code, and does for a refresh token', async () => {
  const store = memoryStore();
  const parts = { store, clock: () => 1000, grace: 30, epochs: { current: async () => epoch } };
  const { spend, stamp, isOutlived } = singleUse(parts);
  expect(await spend('AuthorizationCode', 'same', {}, 60, 'first')).toBe('first');
  expect(await spend('AuthorizationCode', 'same', {}, 60, 'first')).toBe('later');
  const written = await stamp();
  expect(await isOutlived(written)).toBe(false);
  epoch = 'second';
  expect(await isOutlived(written)).toBe(true);
  expect(await isOutlived({})).toBe(false);
  expect(await spend('AuthorizationCode', 'other', {}, 60, 'first')).toBe('unsure');
  expect(await spend('RefreshToken', 'third', {}, 60, 'first')).toBe('first');
});

it('an epoch began when the first node saw it, and the only one of a store never did', async () => {
  const store = memoryStore();
  const began = (now: number) => epochsOf({ store, clock: () => now, epoch: async () => epoch }).began();
  expect([await began(1000), await began(2000)]).toEqual([1000, 1000]);
  epoch = 'second';
  expect([await began(3000), await began(2990)]).toEqual([3000, 3000]);
  expect(await epochsOf({ store, clock: () => 1000 }).began()).toBe(-Infinity);
});
