import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { decodeJwt } from 'jose';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { ask, callTool, postForm } from '../support/plain-http.ts';
import { describeRedis, type SharedRedis, sharedRedis } from '../support/redis-server.ts';
import { type RoundRobin, roundRobin } from '../support/round-robin.ts';
import { authorize, redeem, refresh, signIn } from '../support/signed-in.ts';
import { startWorld, type World } from '../support/world.ts';

const running = performance.now.bind(performance);
/** What time it is, in seconds, whatever the clocks of the machine are made to say. */
const truth = (): number => (performance.timeOrigin + running()) / 1000;

interface Node {
  readonly world: World;
  /** Seconds that its clock runs ahead. */
  ahead: number;
}

describeRedis('two nodes over one Redis whose clocks differ', () => {
  let redis: SharedRedis;
  let prefix: string;
  let directory: string;
  let balancer: RoundRobin;
  let one: Node;
  let other: Node;
  /** Milliseconds that nodes believe to have gone by beyond those that have. */
  let passed = 0;

  beforeAll(async () => {
    redis = await sharedRedis();
    prefix = redis.prefix();
    directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
    balancer = await roundRobin();
    vi.spyOn(performance, 'now').mockImplementation(() => running() + passed);
    const shared = { storeUrl: `${redis.url}?prefix=${prefix}`, keys: [generateFernetKey()], publicUrl: balancer.url };
    const node = async (folder: { readonly directory?: string }): Promise<Node> => {
      const started = { ahead: 0 };
      const clock = () => Math.floor(truth() + started.ahead);
      return Object.assign(started, { world: await startWorld({ settings: { ...shared, clock }, ...folder }) });
    };
    one = await node({});
    other = await node({ directory });
  });
  afterEach(() => {
    vi.useRealTimers();
    passed += 61_000;
    for (const node of [one, other]) node.ahead = 0;
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await balancer.close();
    await one.world.close();
    await other.world.close();
    await redis.close();
    await rm(directory, { recursive: true, force: true });
  });

  /** Does something at a node, all of whose clocks then say what its clock says. */
  const at = async <T>(node: Node, action: (url: string) => Promise<T>): Promise<T> => {
    vi.useFakeTimers({ toFake: ['Date'], now: (truth() + node.ahead) * 1000 });
    balancer.nodes = [node.world.url];
    try {
      return await action(balancer.url);
    } finally {
      vi.useRealTimers();
    }
  };
  const readiness = (node: Node) => at(node, async (url) => (await ask(`${url}/readyz`)).status);
  const call = (node: Node, token: unknown) =>
    at(node, async (url) => (await callTool(`${url}/notes/mcp`, String(token), 'list_notes')).status);
  const alarms = ({ world }: Node) =>
    world.logged
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ event, msg }) => [event, msg].includes('clock_skew'));

  it.each([
    ['ahead', 7200],
    ['behind', -7200],
  ])('F15 what is revoked at a node two hours %s holds at the other one', async (_, ahead) => {
    const { client, access, refresh: token } = await at(one, (url) => signIn(url));
    expect(await call(one, access)).toBe(200);
    other.ahead = ahead;
    const answer = await at(other, (url) => postForm(`${url}/revoke`, { token, client_id: client.client_id }));

    expect(answer.status).toBe(200);
    await expect.poll(() => call(one, access)).toBe(401);
    expect((await at(one, (url) => refresh(url, client, token))).status).toBe(400);
  });

  it.each([
    ['ahead', 7200],
    ['behind', -7200],
  ])(
    'F15 a node two hours %s says so, is not ready, and lets nothing outlive its time at the other one',
    async (_, ahead) => {
      const { client, access, refresh: token } = await at(one, (url) => signIn(url));
      const told = alarms(other).length;
      other.ahead = ahead;
      passed += 10_000;
      expect([await readiness(one), await readiness(other), await readiness(other)]).toEqual([200, 503, 503]);
      const [alarm, ...more] = alarms(other).slice(told);
      expect(Math.abs(Number(alarm?.offset) - ahead)).toBeLessThan(2);
      expect([alarm?.level, more]).toEqual([50, []]);

      const code = await at(one, (url) => authorize(url, { client }));
      const answers = [
        await at(other, (url) => redeem(url, code)),
        await at(other, (url) => refresh(url, client, token)),
        await at(other, (url) => ask(`${url}/authorize?client_id=${client.client_id}`)),
        await at(other, (url) => postForm(`${url}/revoke`, { token: access, client_id: client.client_id })),
      ];
      expect(answers.map(({ status }) => status).filter((status) => status === 500)).toEqual([]);
      for (const { body } of answers) if ('access_token' in body) expect(await call(one, body.access_token)).toBe(401);
      await at(other, (url) => signIn(url, { jar: createCookieJar() })).then(
        async (odd) => expect(await call(one, odd.access)).toBe(401),
        (error: Error) => expect(error.message).not.toContain('500'),
      );

      other.ahead = 0;
      expect(await readiness(other)).toBe(200);
      const fresh = await at(one, (url) => signIn(url));
      expect([await call(one, fresh.access), await call(other, fresh.access)]).toEqual([200, 200]);
      const { exp = 0 } = decodeJwt(fresh.access);
      one.ahead = exp + 28 - truth();
      expect(await call(one, fresh.access)).toBe(200);
      one.ahead = exp + 31 - truth();
      expect(await call(one, fresh.access)).toBe(401);
      await expectSoundLifetimes();
    },
  );

  it('F16 nodes 45 seconds apart serve what either has issued', async () => {
    [one.ahead, other.ahead] = [-22, 23];
    expect([await readiness(one), await readiness(other)]).toEqual([200, 200]);
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      const { client, access, refresh: token } = await at(from, (url) => signIn(url));
      expect([await call(from, access), await call(to, access)]).toEqual([200, 200]);
      const code = await at(from, (url) => authorize(url, { client }));
      expect((await at(to, (url) => redeem(url, { ...code }))).status).toBe(200);
      const renewed = await at(to, (url) => refresh(url, client, token));
      expect([renewed.status, await call(from, renewed.body.access_token)]).toEqual([200, 200]);
    }
  });

  it('F16 of nodes 90 seconds apart one at least is not ready, and the one that is refuses nothing fresh', async () => {
    other.ahead = 90;
    expect([await readiness(one), await readiness(other)]).toEqual([200, 503]);
    const { access } = await at(one, (url) => signIn(url));
    for (let round = 0; round < 5; round += 1) expect(await call(one, access)).toBe(200);
    [one.ahead, other.ahead] = [-45, 45];
    expect(await readiness(other)).toBe(503);
  });

  /** Every record ends within a year, or never. */
  async function expectSoundLifetimes(): Promise<void> {
    const admin = new Redis(redis.url);
    const names = await admin.keys(`${prefix}*`);
    const left = await Promise.all(names.map((name) => admin.pttl(name)));
    admin.disconnect();
    expect(left.filter((ms) => ms !== -1 && ms !== -2 && !(ms >= 0 && ms < 400 * 86_400_000))).toEqual([]);
  }
});
