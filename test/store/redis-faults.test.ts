import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { redisStore } from '../../src/store/redis.ts';
import type { Store } from '../../src/store/store.ts';
import { describeRedis, type SharedRedis, sharedRedis } from '../support/redis-server.ts';
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import { recordingLog } from './recording-log.ts';

/** Milliseconds for a call, a tenth of what it is by default: the faults are as much shorter. */
const LIMIT = 500;
/** What a machine that is out of breath takes beyond it; where calls waited for each other it would be far more. */
const MARGIN = 1000;

describeRedis('a Redis store behind a bad line', () => {
  let redis: SharedRedis;
  let admin: Redis;
  let proxy: TcpProxy;
  let store: Store;
  let prefix: string;
  let lines: ReturnType<typeof recordingLog>['lines'];
  beforeAll(async () => {
    redis = await sharedRedis();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.close();
  });
  beforeEach(async () => {
    proxy = await tcpProxy(redis);
    prefix = redis.prefix();
    const recording = recordingLog();
    lines = recording.lines;
    const url = new URL(redis.url);
    url.host = `127.0.0.1:${proxy.port}`;
    store = redisStore({ url: url.href, prefix, timeout: LIMIT, log: recording.log });
    await store.put('code:a', '1', 60);
  });
  afterEach(async () => {
    await store.close();
    await proxy.close();
  });

  /** Milliseconds that a call took, and how it ended. */
  const timed = async (call: Promise<unknown>) => {
    const start = performance.now();
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    return { took: performance.now() - start, error };
  };
  const served = (call: () => Promise<unknown>, seconds: number) =>
    until(call, (outcome) => !('error' in outcome), seconds);
  const calls = async (command: string): Promise<number> => {
    const stats = await admin.info('commandstats');
    return Number(new RegExp(`cmdstat_${command}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  };

  it.each([['requests'], ['replies']] as const)(
    'F13 ST-11 calls into a line that drops %s end in time, and are served again after it',
    async (direction) => {
      proxy[direction] = 'drop';
      const first = await Promise.all(
        Array.from({ length: 50 }, (_, index) => timed(store.put(`code:${index}`, '1', 60))),
      );
      for (const { took, error } of first) {
        expect(error).toMatchObject({ status: 503, reason: 'redis: TIMEOUT' });
        expect(took).toBeLessThan(LIMIT + MARGIN);
      }
      for (let round = 0; round < 5; round += 1) {
        const { took, error } = await timed(store.get('code:a'));
        expect(error).toBeInstanceOf(Unavailable);
        expect(took).toBeLessThan(LIMIT + MARGIN);
      }
      proxy[direction] = 'pass';
      const healed = performance.now();
      await served(() => store.get('code:a'), 5);
      expect(performance.now() - healed).toBeLessThan(5000);
    },
  );

  it('F11 what is answered too late is nobody’s answer, and leaves nothing waiting', async () => {
    await store.put('code:b', '2', 60);
    proxy.replies = { delay: LIMIT * 2 };
    const late = await Promise.all([timed(store.take('code:a')), timed(store.get('code:b'))]);
    for (const { took, error } of late) {
      expect(error).toMatchObject({ status: 503, reason: 'redis: TIMEOUT' });
      expect(took).toBeLessThan(LIMIT + MARGIN);
    }
    proxy.replies = 'pass';
    await served(() => store.get('code:b'), 5);
    // The take was done: its winner never heard of it, and nobody else wins.
    expect(await store.take('code:a')).toBeUndefined();
    expect(await store.get('code:b')).toBe('2');
  });

  it('F11 a line with jitter below the limit mixes no answers up', async () => {
    let turn = 0;
    const delay = () => {
      turn += 1;
      return (turn * 7919) % 40;
    };
    proxy.replies = { delay };
    await Promise.all(Array.from({ length: 200 }, (_, index) => store.put(`code:${index}`, `of ${index}`, 60)));
    const values = await Promise.all(Array.from({ length: 200 }, (_, index) => store.get(`code:${index}`)));
    expect(values).toEqual(Array.from({ length: 200 }, (_, index) => `of ${index}`));
  });

  it('ST-10 calls are refused at once while nobody listens, and served soon after', async () => {
    proxy.open = false;
    proxy.cut();
    await until(
      () => store.get('code:a'),
      ({ error }) => error instanceof Unavailable,
    );
    const refusals = await Promise.all(Array.from({ length: 100 }, () => timed(store.get('code:a'))));
    for (const { error } of refusals) expect(error).toBeInstanceOf(Unavailable);
    await pause(300);
    expect((await timed(store.get('code:a'))).took).toBeLessThan(LIMIT);
    proxy.open = true;
    await served(() => store.get('code:a'), 5);
    expect(await store.get('code:a')).toBe('1');
    expect(lines.map(([event]) => event)).toContain('redis_fault');
    expect(lines.length).toBeLessThan(5);
  });

  it('F14 of 1,000 takes whose answers may be cut off each is done once at most, and each ends', async () => {
    const before = await calls('getdel');
    const names = Array.from({ length: 500 }, (_, index) => `code:${index}`);
    await Promise.all(names.map((name) => store.put(name, name, 60)));
    let replies = 0;
    // The answers to a take only: not those of the greeting of a connection.
    proxy.cutReply = (chunk) => {
      if (!/^\$(-1|\d+\r\ncode:)/.test(chunk)) return false;
      replies += 1;
      return replies % 5 === 0;
    };
    const won = new Map<string, number>();
    let lost = 0;
    for (const name of [...names, ...names]) {
      const value = await store.take(name).catch((error: unknown) => {
        expect(error).toBeInstanceOf(Unavailable);
        lost += 1;
        return undefined;
      });
      if (value !== undefined) won.set(name, (won.get(name) ?? 0) + 1);
    }
    proxy.cutReply = undefined;
    expect([...won.values()].every((times) => times === 1)).toBe(true);
    expect(lost).toBeGreaterThan(100);
    expect(await calls('getdel')).toBeLessThanOrEqual(before + 1000);
    await served(() => store.get('code:a'), 5);
  });

  it('F14 of many putIfAbsent whose connection is cut at once one wins at most, and none is sent again', async () => {
    for (let round = 0; round < 40; round += 1) {
      const before = await calls('set');
      proxy.cutReply = (chunk) => /\+OK|\$-1/.test(chunk);
      const attempts = await Promise.allSettled(
        Array.from({ length: 25 }, (_, caller) => store.putIfAbsent(`assertion:${round}`, `${caller}`, 60)),
      );
      proxy.cutReply = undefined;
      expect(attempts.filter((attempt) => attempt.status === 'fulfilled' && attempt.value).length).toBeLessThanOrEqual(
        1,
      );
      await served(() => store.get('code:a'), 5);
      expect(await calls('set')).toBeLessThanOrEqual(before + 25);
      expect(await store.putIfAbsent(`assertion:${round}`, 'late', 60)).toBe(false);
    }
  });

  describe('F12 replies that are faults of the server', () => {
    it.each([
      ['LOADING', 'LOADING Redis is loading the dataset in memory'],
      ['OOM', "OOM command not allowed when used memory > 'maxmemory'."],
      ['NOAUTH', 'NOAUTH Authentication required.'],
      ['CLUSTERDOWN', 'CLUSTERDOWN Hash slot not served'],
      ['MISCONF', 'MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist to disk.'],
      ['MAXCLIENTS', 'ERR max number of clients reached'],
    ])('%s is a 503 that is logged once, not per call', async (kind, reply) => {
      proxy.answer = () => `-${reply}\r\n`;
      for (let round = 0; round < 10; round += 1) {
        await expect(store.take('code:a')).rejects.toMatchObject({ status: 503, reason: `redis: ${kind}` });
      }
      proxy.answer = undefined;
      expect(lines.filter(([event, fields]) => event === 'redis_fault' && fields.class === kind)).toHaveLength(1);
      await served(() => store.get('code:a'), 5);
      expect(await store.take('code:a')).toBe('1');
    });
  });

  it('ST-13 READONLY leads to a new connection, and is not sent again', async () => {
    proxy.answer = () => "-READONLY You can't write against a read only replica.\r\n";
    await expect(store.put('code:a', '2', 60)).rejects.toMatchObject({ status: 503, reason: 'redis: READONLY' });
    proxy.answer = undefined;
    await served(() => store.get('code:a'), 5);
    expect(await store.get('code:a')).toBe('1');
  });

  it('closes in time when the server has fallen silent, and refuses calls from then on', async () => {
    proxy.replies = 'drop';
    const underWay = timed(store.get('code:a'));
    expect((await timed(store.close())).took).toBeLessThan(2 * LIMIT + MARGIN);
    expect((await underWay).error).toBeInstanceOf(Unavailable);
    await expect(store.get('code:a')).rejects.toMatchObject({ reason: 'the Redis store is closed' });
  });

  it('answers what is under way before it closes', async () => {
    const underWay = Promise.all(Array.from({ length: 100 }, () => store.get('code:a')));
    await store.close();
    expect(await underWay).toEqual(Array(100).fill('1'));
    await until(
      async () => proxy.connections,
      ({ value }) => value === 0,
    );
  });
});
