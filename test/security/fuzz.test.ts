import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyMachine, secretMachine } from '../support/machine.ts';
import { callTool } from '../support/plain-http.ts';
import { type Registered, registerClient, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';
import { dice, mutated } from './fuzz/mutate.ts';
import { liveSeeds, type WireRequest } from './fuzz/seeds.ts';
import { send } from './fuzz/send.ts';

const REQUESTS = 2000;
const AT_ONCE = 16;

let world: World;
let client: Registered;
const unhandled: unknown[] = [];
const note = (reason: unknown) => unhandled.push(reason);

beforeAll(async () => {
  process.on('unhandledRejection', note);
  world = await startWorld({ settings: { storeUrl: 'memory:' } });
  client = await registerClient(world.url);
});
afterAll(async () => {
  process.off('unhandledRejection', note);
  await world.close();
});

/** What a request that went wrong looked like, short enough to read. */
const describeRequest = ({ method, target, headers, body }: WireRequest, outcome: string) =>
  `${outcome} ${method} ${target.slice(0, 200)} ${JSON.stringify(headers).slice(0, 400)} ${JSON.stringify(body.slice(0, 300))}`;

it(`LG-05 answers ${REQUESTS} mutated requests without a fault of its own, and works as before`, {
  timeout: 60_000,
}, async () => {
  const { authorization } = world.host;
  const machines = {
    secret: await secretMachine(authorization, ['notes:read']),
    key: await keyMachine(authorization, ['notes:read']),
  };
  const seeds = await liveSeeds(world, machines);
  const roll = dice(20_261_101);
  const requests = Array.from({ length: REQUESTS }, () => mutated(seeds, roll));
  const port = Number(new URL(world.url).port);
  const faults: string[] = [];
  const seen = new Map<number, number>();
  const work = requests.values();
  const sendAll = async () => {
    for (const request of work) {
      const { statuses } = await send(port, request);
      if (statuses.length === 0) faults.push(describeRequest(request, 'no answer to'));
      for (const status of statuses) {
        seen.set(status, (seen.get(status) ?? 0) + 1);
        if (status >= 500 && status !== 503) faults.push(describeRequest(request, String(status)));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendAll));

  expect(faults).toEqual([]);
  expect(unhandled).toEqual([]);
  expect(world.logged.filter((line) => line.includes('"level":50'))).toEqual([]);
  for (const status of [200, 400, 401, 403, 404, 405, 415])
    expect([status, (seen.get(status) ?? 0) > 0]).toEqual([status, true]);
  const ada = await signIn(world.url, { client });
  expect((await callTool(`${world.url}/notes/mcp`, ada.access, 'list_notes')).status).toBe(200);
});
