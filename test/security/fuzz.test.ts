import { afterEach, beforeEach, expect, it } from 'vitest';
import { type FaultyStore, faultyStore } from '../support/faulty-store.ts';
import { keyMachine, secretMachine } from '../support/machine.ts';
import { callTool } from '../support/plain-http.ts';
import { type Registered, registerClient, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';
import { dice, mutated } from './fuzz/mutate.ts';
import { liveSeeds, type WireRequest } from './fuzz/seeds.ts';
import { send } from './fuzz/send.ts';

const AT_ONCE = 16;

let world: World;
let faulty: FaultyStore;
let client: Registered;
let unhandled: unknown[];
const note = (reason: unknown) => unhandled.push(reason);

beforeEach(async () => {
  unhandled = [];
  process.on('unhandledRejection', note);
  faulty = faultyStore();
  world = await startWorld({ settings: { store: faulty.store } });
  client = await registerClient(world.url);
});
afterEach(async () => {
  process.off('unhandledRejection', note);
  await world.close();
});

/** What a request that went wrong looked like, short enough to read. */
const describeRequest = ({ method, target, headers, body }: WireRequest, outcome: unknown) =>
  `${outcome} ${method} ${target.slice(0, 200)} ${JSON.stringify(headers).slice(0, 400)} ${JSON.stringify(body.slice(0, 300))}`;

/** Sends that many mutations of the live seeds. Resolves with how often each status came, and what went wrong. */
async function sendMutations(
  requests: number,
  { seed, begin = () => undefined }: { seed: number; begin?: () => void },
) {
  const { authorization } = world.host;
  const [secret, key] = [
    await secretMachine(authorization, ['notes:read']),
    await keyMachine(authorization, ['notes:read']),
  ];
  const seeds = await liveSeeds(world, { secret, key });
  const roll = dice(seed);
  const work = Array.from({ length: requests }, () => mutated(seeds, roll)).values();
  const port = Number(new URL(world.url).port);
  const faults: string[] = [];
  const seen = new Map<number, number>();
  const sendAll = async () => {
    for (const request of work) {
      const { statuses } = await send(port, request);
      for (const status of statuses) seen.set(status, (seen.get(status) ?? 0) + 1);
      const fault = statuses.length === 0 ? 'no answer to' : statuses.find((status) => status >= 500 && status !== 503);
      if (fault !== undefined) faults.push(describeRequest(request, fault));
    }
  };
  begin();
  await Promise.all(Array.from({ length: AT_ONCE }, sendAll));
  return { seen, faults };
}

async function expectWorking(): Promise<void> {
  const ada = await signIn(world.url, { client });
  expect((await callTool(`${world.url}/notes/mcp`, ada.access, 'list_notes')).status).toBe(200);
}

it('LG-05 answers 2,000 mutated requests without a fault of its own, and works as before', {
  timeout: 60_000,
}, async () => {
  const { seen, faults } = await sendMutations(2000, { seed: 20_261_101 });
  expect([faults, unhandled]).toEqual([[], []]);
  expect(world.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
  for (const status of [200, 201, 303, 400, 401, 403, 404, 405, 410, 415]) {
    expect([status, (seen.get(status) ?? 0) > 0]).toEqual([status, true]);
  }
  await expectWorking();
});

it('LG-05 ST-10 answers 503 and nothing worse while every twentieth call of the store is lost', {
  timeout: 60_000,
}, async () => {
  const roll = dice(3);
  const fail = () => (roll(20) > 0 ? undefined : roll(2) === 0 ? ('call' as const) : ('answer' as const));
  const { seen, faults } = await sendMutations(1000, { seed: 7, begin: () => faulty.failWhen(fail) });
  faulty.failWhen();
  expect([faults, unhandled]).toEqual([[], []]);
  expect([(seen.get(503) ?? 0) > 20, (seen.get(200) ?? 0) > 100]).toEqual([true, true]);
  await expectWorking();
});
