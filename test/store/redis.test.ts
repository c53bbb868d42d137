import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ConfigError, Unavailable } from '../../src/core/errors.ts';
import { type RedisStoreOptions, redisStore } from '../../src/store/redis.ts';
import type { Store } from '../../src/store/store.ts';
import { describeRedisServer, type RedisServer, redisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';
import { expectOneWinnerEach } from './processes.ts';
import { recordingLog } from './recording-log.ts';

describeRedisServer('redisStore', () => {
  let server: RedisServer;
  let admin: Redis;
  beforeAll(async () => {
    server = await redisServer();
    admin = new Redis(server.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await server.close();
  });

  const open = (options: Partial<RedisStoreOptions> = {}) => {
    const store = redisStore({ url: server.url, ...options });
    onTestFinished(() => store.close());
    return store;
  };

  it('keeps a record under its prefix, with the lifetime it was given, rounded up to a millisecond', async () => {
    const store = open({ prefix: 'round:' });
    await store.put('code:a', '1', 60);
    await store.put('code:b', '1', 0.000_01);
    await store.put('code:c', '1', Infinity);
    await store.put('code:d', '1', Number.MAX_VALUE);
    await store.putIfAbsent('code:e', '1', 1.5);
    expect(await admin.pttl('round:code:a')).toBeGreaterThan(59_000);
    expect(await admin.pttl('round:code:a')).toBeLessThanOrEqual(60_000);
    await until(
      () => store.get('code:b'),
      ({ value }) => value === undefined,
      1,
    );
    expect([await admin.pttl('round:code:c'), await admin.pttl('round:code:d')]).toEqual([-1, -1]);
    expect(await admin.pttl('round:code:e')).toBeGreaterThan(1000);
  });

  it('lets exactly one of two processes win each name', async () => {
    await expectOneWinnerEach(`${server.url}?prefix=race:`, open({ prefix: 'race:' }));
  });

  it('ST-19 two deployments on one Redis see nothing of each other', async () => {
    const [one, other] = [open({ prefix: 'one:' }), open({ url: `${server.url}?prefix=other:` })];
    await one.put('code:a', '1', 60);
    expect(await other.get('code:a')).toBeUndefined();
    expect(await other.putIfAbsent('code:a', '2', 60)).toBe(true);
    expect(await one.take('code:a')).toBe('1');
    expect(await other.get('code:a')).toBe('2');
  });

  it('ST-19 is in its database after a reconnection, too, and never in another one', async () => {
    const store = open({ url: `${server.url}/5` });
    await store.put('code:a', '1', 60);
    for (let round = 0; round < 5; round += 1) {
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
      await untilServed(() => store.put(`code:${round}`, '1', 60));
    }
    expect(await store.get('code:a')).toBe('1');
    expect(await admin.keys('gatehouse:*')).toEqual([]);
    await expect(open({ url: `${server.url}/99` }).get('code:a')).rejects.toThrow(
      'STORE_URL names database 99, which the Redis server does not have',
    );
  });

  it('ST-15 refuses a server that evicts, at its opening and after a reconnection', async () => {
    const store = open();
    await store.put('code:a', '1', 60);
    onTestFinished(async () => void (await admin.config('SET', 'maxmemory-policy', 'noeviction')));
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const refusal = await open()
      .get('code:a')
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect(String(refusal)).toContain('(maxmemory-policy allkeys-lru)');
    expect(String(refusal)).toContain('Set maxmemory-policy noeviction');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await untilRefused(store, 'redis: UNSAFE');
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    expect(await store.get('code:a')).toBe('1');
  });

  it('ST-13 asks a replica nothing, and goes on when it is a primary', async () => {
    const store = open();
    await store.put('code:a', '1', 60);
    onTestFinished(async () => void (await admin.call('REPLICAOF', 'NO', 'ONE')));
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    await expect(store.put('code:a', '2', 60)).rejects.toMatchObject({ status: 503, reason: 'redis: READONLY' });
    await untilRefused(store, 'redis: READONLY');
    await admin.call('REPLICAOF', 'NO', 'ONE');
    await untilServed(() => store.put('code:a', '3', 60));
    expect(await store.take('code:a')).toBe('3');
  });

  it('F12 a full server takes no writes and answers reads', async () => {
    const store = open();
    await store.put('code:full', '1', 60);
    onTestFinished(async () => void (await admin.config('SET', 'maxmemory', '0')));
    await admin.config('SET', 'maxmemory', '1');
    await expect(store.put('code:other', '1', 60)).rejects.toMatchObject({ status: 503, reason: 'redis: OOM' });
    expect(await store.get('code:full')).toBe('1');
  });

  it('F12 says which password is wrong at its opening, and never what it is', async () => {
    await admin.call('ACL', 'SETUSER', 'gate', 'reset', 'on', '>open sesame');
    onTestFinished(async () => void (await admin.call('ACL', 'DELUSER', 'gate')));
    const wrong = server.url.replace('://', '://gate:a-wrong-word@');
    const { log, lines } = recordingLog();
    const refusal = await open({ url: wrong, log })
      .get('code:a')
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect(String(refusal)).toContain('the server refuses the user or the password in STORE_URL');
    expect(`${JSON.stringify(lines)}${String((refusal as Error).cause)}`).not.toContain('a-wrong-word');
    expect(lines).toEqual([
      ['redis_fault', { class: 'WRONGPASS', reason: expect.stringContaining('refuses the user') }],
    ]);
  });

  it('does all its work with the rights that its guide names', async () => {
    const rights =
      '~gatehouse:* &gatehouse:* +publish +subscribe +get +set +getdel +unlink +scan +eval +info +select +time +ping +quit +client|setname';
    await admin.call('ACL', 'SETUSER', 'gate', 'reset', 'on', '>open sesame', ...rights.split(' '));
    onTestFinished(async () => void (await admin.call('ACL', 'DELUSER', 'gate')));
    const { log, lines } = recordingLog();
    const store = open({ url: `${server.url.replace('://', '://gate:open%20sesame@')}/1`, log });
    await store.put('code:a', '1', 60);
    expect(await store.replace('code:a', '1', '2')).toBe(true);
    expect((await store.scan(undefined, 10)).entries).toEqual([{ name: 'code:a', value: '2' }]);
    expect([await store.putIfAbsent('code:a', '3', 60), await store.take('code:a')]).toEqual([false, '2']);
    await store.delete('code:a');
    expect(Math.abs((await store.time()) - Date.now())).toBeLessThan(1000);
    expect(await store.epoch()).toMatch(/^[0-9a-f]{40}$/);
    expect(lines).toEqual([]);
    await admin.call('ACL', 'SETUSER', 'gate', '-getdel');
    await expect(store.take('code:a')).rejects.toMatchObject({ status: 503, reason: 'redis: NOPERM' });
  });

  it('warns where the server may not be looked at', async () => {
    await admin.call('ACL', 'SETUSER', 'gate', 'reset', 'on', '>open sesame', '~*', '+get', '+client');
    onTestFinished(async () => void (await admin.call('ACL', 'DELUSER', 'gate')));
    const { log, lines } = recordingLog();
    const store = open({ url: server.url.replace('://', '://gate:open%20sesame@'), log });
    expect(await store.get('code:none')).toBeUndefined();
    await admin.call('CLIENT', 'KILL', 'USER', 'gate');
    await untilServed(() => store.get('code:none'));
    expect(lines.filter(([event]) => event === 'redis_unchecked')).toHaveLength(1);
    expect(await store.epoch()).toBe('');
  });

  it('ST-09 refuses names and values that UTF-8 cannot keep apart', async () => {
    const store = open();
    await expect(store.put('code:\ud800', '1', 60)).rejects.toThrow(TypeError);
    await expect(store.put('code:a', '\ud800', 60)).rejects.toThrow('well-formed Unicode');
    await expect(store.get('code:\ud800')).rejects.toThrow(TypeError);
  });

  it('finds everything that was acknowledged after the server was killed, where that keeps every write', async () => {
    const kept = await redisServer({ appendOnly: true });
    onTestFinished(() => kept.close());
    const store = open({ url: kept.url });
    for (let record = 0; record < 50; record += 1) await store.put(`grant:${record}`, `${record}`, 3600);
    await store.take('grant:0');
    await kept.kill();
    await expect(store.get('grant:1')).rejects.toThrow(Unavailable);
    await kept.restart();
    await untilServed(() => store.get('grant:1'));
    expect(await store.get('grant:0')).toBeUndefined();
    for (let record = 1; record < 50; record += 1) expect(await store.get(`grant:${record}`)).toBe(`${record}`);
  });

  it('F09 has one epoch for all who reach it, and another one from the first command after a restart', async () => {
    const restarted = await redisServer();
    onTestFinished(() => restarted.close());
    const [store, other] = [open({ url: restarted.url }), open({ url: restarted.url })];
    const before = await store.epoch();
    expect([await other.epoch(), await store.epoch()]).toEqual([before, before]);
    await restarted.kill();
    await restarted.restart();
    const after = await until(
      () => store.epoch(),
      (outcome) => 'value' in outcome,
    );
    expect(after).not.toBe(before);
    await untilServed(() => other.get('code:a'));
    expect(await other.epoch()).toBe(after);
  });
});

/** Tries until the store is back. */
const untilServed = (call: () => Promise<unknown>) => until(call, (outcome) => !('error' in outcome));

/** Tries until the store gives this reason; a call at the moment of a loss gives another one. */
const untilRefused = (store: Store, reason: string) =>
  until(
    () => store.get('code:a'),
    ({ error }) => error instanceof Unavailable && error.reason === reason,
  );
