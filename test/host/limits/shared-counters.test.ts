import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Config, readConfig } from '../../../src/config.ts';
import { TooManyRequests } from '../../../src/core/errors.ts';
import { generateFernetKey } from '../../../src/core/fernet.ts';
import { createLimits, type Limits } from '../../../src/host/limits/limits.ts';
import { createLog } from '../../../src/observe/log.ts';
import { describeRedisServer, type RedisServer, redisServer } from '../../support/redis-server.ts';

const KEYS = [generateFernetKey(), generateFernetKey()];
const ADDRESS = '203.0.113.7';
const lines: string[] = [];
const log = createLog('debug', { write: (line: string) => void lines.push(line) });
const open: Limits[] = [];

/** A node with small budgets, once it shares its counters. */
async function node(server: RedisServer, settings: Partial<Config> = {}): Promise<Limits> {
  const small = { callLimit: 3, registerLimit: 3, tokenLimit: 3, signInLimit: 3, refusedLimit: 3 };
  const config = readConfig({ storeUrl: server.url, keys: KEYS, ...small, ...settings }, {});
  const limits = await createLimits(config, log);
  open.push(limits);
  await expect.poll(() => limits.shared()).toBe(true);
  return limits;
}

const ada = {
  subject: 'ada',
  clientId: 'the app',
  scopes: new Set<string>(),
  issuer: 'https://issuer.test',
  resource: 'https://issuer.test/mcp',
  expiresAt: 0,
  kind: 'user',
  claims: {},
} as const;

const waitOf = (counting: Promise<unknown>): Promise<number | undefined> =>
  counting.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof TooManyRequests) return error.retryAfter;
      throw error;
    },
  );

describeRedisServer('counters in Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await redisServer();
  });
  afterEach(() => {
    for (const limits of open.splice(0)) limits.close();
    lines.length = 0;
  });
  afterAll(() => server.close());

  it('are one count for all nodes, with the wait that is left', async () => {
    const [one, two] = [await node(server), await node(server)];
    const other = { ...ada, subject: 'grace' };
    expect([await one.mcp.called(ada), await two.mcp.called(ada), await one.mcp.called(ada)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(await two.mcp.called(ada)).toBeGreaterThan(55);
    expect(await one.mcp.called(ada)).toBeGreaterThan(55);
    expect(await two.mcp.called(other)).toBeUndefined();
  });

  it('let no more pass than there are when a thousand come at once to two nodes', async () => {
    const nodes = [await node(server), await node(server)];
    const principal = { ...ada, subject: 'at once' };
    const waits = await Promise.all(
      Array.from({ length: 1000 }, (_, index) => nodes[index % 2]?.mcp.called(principal)),
    );
    expect(waits.filter((wait) => wait === undefined)).toHaveLength(3);
  });

  it('are counted alike while a new sealing key is rolled out', async () => {
    const [old, fresh] = [await node(server), await node(server, { keys: [generateFernetKey(), ...KEYS] })];
    const principal = { ...ada, subject: 'rolling' };
    for (const limits of [old, fresh, old]) await limits.mcp.called(principal);
    expect(await fresh.mcp.called(principal)).toBeGreaterThan(0);
  });

  it('count failures of clients at all nodes together', async () => {
    const [one, two] = [await node(server), await node(server)];
    for (const limits of [one, two, one]) await (await limits.requests.client('token', 'a', ADDRESS)).ended('refused');
    expect(await waitOf(two.requests.client('token', 'b', ADDRESS))).toBeGreaterThan(0);
    expect(await waitOf(two.requests.client('token', 'b', '203.0.113.8'))).toBeUndefined();
  });

  it('hold no address, subject or client id in clear, end by themselves, and stand beside the store', async () => {
    const { mcp, requests } = await node(server);
    await mcp.called(ada);
    await requests.stranger('register', ADDRESS);
    await requests.client('introspect', 'the app', ADDRESS);
    const redis = new Redis(server.url);
    const keys = await redis.keys('*');
    expect(keys.length).toBeGreaterThan(3);
    for (const key of keys) {
      expect(key).toMatch(/^gatehouse-limit:\w+:[\w-]{22}$/);
      expect(await redis.ttl(key)).toBeGreaterThan(0);
    }
    await redis.quit();
  });
});

describeRedisServer('counters of a restricted user', () => {
  it('need the rights that docs/limits.md adds to those of the store', async () => {
    const store = '~gatehouse:* +get +set +getdel +unlink +scan +eval +info +select +ping +quit +client|setname';
    const more = '~gatehouse-limit:* +evalsha +incrby +pttl +expire +multi +exec';
    const user = (rights: string) => ['on', '>a-password', ...rights.split(' ')];
    const server = await redisServer({ settings: ['--user', 'gate', ...user(`${store} ${more}`)] });
    const url = server.url.replace('://', '://gate:a-password@');
    const [one, two] = [await node({ ...server, url }), await node({ ...server, url })];
    for (const limits of [one, two, one]) await limits.mcp.called(ada);
    expect(await two.mcp.called(ada)).toBeGreaterThan(0);
    expect(await waitOf(one.requests.client('token', 'a', ADDRESS))).toBeUndefined();
    expect([one.shared(), two.shared()]).toEqual([true, true]);
    for (const limits of open.splice(0)) limits.close();
    await server.close();
  });
});

describeRedisServer('DS-13 counters whose Redis is away', () => {
  let server: RedisServer;
  afterEach(async () => {
    for (const limits of open.splice(0)) limits.close();
    server.resume();
    await server.close();
    lines.length = 0;
  });

  /** Takes four where three are: three pass, one waits. */
  const takeFour = async (take: () => Promise<unknown>) => {
    const waits = [];
    for (let count = 0; count < 4; count += 1) waits.push(await waitOf(take()));
    expect(waits.map((wait) => wait === undefined)).toEqual([true, true, true, false]);
  };

  it.each(['killed', 'silent'] as const)(
    'DS-13 limit by themselves when it is %s, and hold up no call',
    async (way) => {
      server = await redisServer();
      const { mcp, requests } = await node(server);
      if (way === 'killed') await server.kill();
      else server.pause();
      const start = performance.now();
      const waits = await Promise.all(
        Array.from({ length: 200 }, (_, user) => mcp.called({ ...ada, subject: `user ${user}` })),
      );
      expect(new Set(waits)).toEqual(new Set([undefined]));
      await takeFour(() => requests.stranger('register', ADDRESS));
      await takeFour(() => requests.stranger('sign_in', ADDRESS));
      await takeFour(() => requests.client('token', 'the app', ADDRESS));
      expect(performance.now() - start).toBeLessThan(4000);
      await expect.poll(() => lines.join()).toContain('limits_not_shared');
      expect(lines.join()).not.toMatch(/203\.0\.113|the app/);
    },
  );

  it('DS-13 share again when it is back', async () => {
    server = await redisServer();
    const limits = await node(server);
    await server.kill();
    await limits.mcp.called(ada);
    expect(limits.shared()).toBe(false);
    await server.restart();
    await expect.poll(() => limits.shared(), { timeout: 10_000 }).toBe(true);
    expect(await limits.mcp.called(ada)).toBeUndefined();
  }, 15_000);
});
