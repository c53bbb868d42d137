import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { ask, callTool, postForm } from '../support/plain-http.ts';
import { describeRedisServer, type RedisServer, redisServer } from '../support/redis-server.ts';
import { authorize, redeem, refresh, signIn } from '../support/signed-in.ts';
import { until } from '../support/until.ts';
import { startWorld } from '../support/world.ts';

describeRedisServer('hosts over a Redis that changes its mind', () => {
  let redis: RedisServer;
  let admin: Redis;
  beforeAll(async () => {
    redis = await redisServer();
    admin = new Redis(redis.url);
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.close();
  });

  const start = async (prefix: string, keys = [generateFernetKey()]) => {
    const world = await startWorld({ settings: { storeUrl: `${redis.url}?prefix=${prefix}:`, keys } });
    onTestFinished(world.close);
    return world.url;
  };
  const callWith = async (url: string, token: string) =>
    (await callTool(`${url}/notes/mcp`, token, 'list_notes')).status;
  const untilReady = (url: string, status: number) =>
    until(
      () => ask(`${url}/readyz`),
      ({ value }) => value?.status === status,
    );

  it('ST-13 a server that has become a replica is asked nothing, and single use holds when it is a primary again', async () => {
    const url = await start('failover');
    const { client, access, refresh: token } = await signIn(url);
    const code = await authorize(url, { client });
    onTestFinished(async () => void (await admin.call('REPLICAOF', 'NO', 'ONE')));
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    const refused = [
      await redeem(url, code),
      await refresh(url, client, token),
      await postForm(`${url}/revoke`, { token: access, client_id: client.client_id }),
    ];
    for (const { status, headers } of refused)
      expect([status, Number(headers.get('retry-after')) > 0]).toEqual([503, true]);
    await until(
      () => callWith(url, access),
      ({ value }) => value === 503,
      3,
    );
    await untilReady(url, 503);
    await admin.call('REPLICAOF', 'NO', 'ONE');
    await untilReady(url, 200);
    expect([(await redeem(url, code)).status, (await redeem(url, code)).body.error]).toEqual([200, 'invalid_grant']);
    const other = await signIn(url, { client });
    expect([await callWith(url, other.access), (await refresh(url, client, other.refresh)).status]).toEqual([200, 200]);
  });

  it('ST-15 a server that evicts is refused at the start and once it is seen to, and what is missing denies', async () => {
    const url = await start('eviction');
    const { client, refresh: token } = await signIn(url);
    const [missing, kept] = [await authorize(url, { client }), await authorize(url, { client })];
    onTestFinished(async () => void (await admin.config('SET', 'maxmemory-policy', 'noeviction')));
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    const refusal = await start('other').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ConfigError);
    expect(String(refusal)).toContain('Set maxmemory-policy noeviction');
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await untilReady(url, 503);
    expect((await redeem(url, missing)).status).toBe(503);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await untilReady(url, 200);
    expect((await redeem(url, kept)).status).toBe(200);

    for (const kind of ['code', 'refresh_token']) {
      const names = await admin.keys(`eviction:${kind}:*`);
      expect(names.length).toBeGreaterThan(0);
      await admin.unlink(...names);
    }
    const denied = [await redeem(url, missing), await refresh(url, client, token)];
    expect(denied.map(({ status, body }) => [status, body.error])).toEqual([
      [400, 'invalid_grant'],
      [400, 'invalid_grant'],
    ]);
  });

  it('ST-19 what one of two deployments on a server has issued means nothing to the other', async () => {
    const [one, other] = [await start('one'), await start('two')];
    const { client, access, refresh: token } = await signIn(one);
    const code = await authorize(one, { client });
    expect(await callWith(other, access)).toBe(401);
    const refused = [await redeem(other, code), await refresh(other, client, token)];
    expect(refused.map(({ body }) => body.error)).toEqual(['invalid_client', 'invalid_client']);
    const own = await signIn(other);
    expect([
      (await refresh(other, own.client, token)).body.error,
      (await redeem(other, { ...code, client: own.client })).body.error,
    ]).toEqual(['invalid_grant', 'invalid_grant']);
    expect([await callWith(one, access), await callWith(other, own.access)]).toEqual([200, 200]);
    expect([(await redeem(one, code)).status, (await refresh(one, client, token)).status]).toEqual([200, 200]);
    const names = await admin.keys('*');
    expect(names.filter((name) => !/^(one|two|failover|eviction|other)[:-]/.test(name))).toEqual([]);
  });
});
