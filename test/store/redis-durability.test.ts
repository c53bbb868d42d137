import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { type RedisStoreOptions, redisStore } from '../../src/store/redis.ts';
import { redisCommand } from '../support/redis-cluster.ts';
import { follows } from '../support/redis-replica.ts';
import { describeRedisServer, type RedisServerOptions, redisServer } from '../support/redis-server.ts';
import { tcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const start = async (options: RedisServerOptions = {}) => {
  const server = await redisServer(options);
  onTestFinished(() => server.close());
  return server;
};
const open = (options: RedisStoreOptions) => {
  const store = redisStore(options);
  onTestFinished(() => store.close());
  return store;
};

describeRedisServer('REDIS_DURABILITY', () => {
  it('fsync takes a server that writes to its disk before it answers, and no other', async () => {
    const server = await start({ appendOnly: true });
    const store = () => open({ url: server.url, durability: ['fsync'] });
    const kept = store();
    await kept.put('code:a', '1', 60);
    await redisCommand(server.port, 'CONFIG', 'SET', 'appendfsync', 'everysec');
    await expect(store().get('code:a')).rejects.toThrow(
      'REDIS_DURABILITY asks for fsync, but the Redis server has appendonly yes and appendfsync everysec. Set appendonly yes',
    );
    await redisCommand(server.port, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await until(
      () => kept.get('code:a'),
      ({ error }) => (error as { readonly reason?: string } | undefined)?.reason === 'redis: UNSAFE',
    );
    await redisCommand(server.port, 'CONFIG', 'SET', 'appendfsync', 'always');
    await redisCommand(server.port, 'CONFIG', 'SET', 'appendonly', 'no');
    await expect(store().get('code:a')).rejects.toThrow('the Redis server has appendonly no and appendfsync always');
  });

  it('fsync says what to do where the server does not tell its settings', async () => {
    const server = await start({ appendOnly: true });
    const rights = ['on', '>open sesame', '~*', '+@all', '-config'];
    await redisCommand(server.port, 'ACL', 'SETUSER', 'gate', 'reset', ...rights);
    const url = server.url.replace('://', '://gate:open%20sesame@');
    await expect(open({ url, durability: ['fsync'] }).get('code:a')).rejects.toThrow(
      'REDIS_DURABILITY asks for fsync, but the Redis server does not tell its settings. Allow the user',
    );
    await redisCommand(server.port, 'ACL', 'SETUSER', 'gate', '+config|get');
    expect(await open({ url, durability: ['fsync'] }).get('code:a')).toBeUndefined();
  });

  it('replica answers a write once a replica has it, and is 503 while none has', async () => {
    const primary = await start({ settings: ['--repl-diskless-sync-delay', '0'] });
    const replication = await tcpProxy(primary);
    onTestFinished(replication.close);
    const store = open({ url: primary.url, durability: ['replica'], timeout: 8000 });
    const unreplicated = { status: 503, reason: 'redis: UNREPLICATED' };
    await expect(store.put('code:a', '1', 60)).rejects.toMatchObject(unreplicated);
    const replica = await start({ settings: ['--replicaof', '127.0.0.1', `${replication.port}`] });
    await follows(primary, replica);
    await store.put('code:a', '1', 60);
    expect(await redisCommand(replica.port, 'GET', 'gatehouse:code:a')).toBe('1');
    expect(await store.replace('code:a', '1', '2')).toBe(true);
    expect([await store.putIfAbsent('code:a', '3', 60), await store.take('code:a')]).toEqual([false, '2']);
    expect(await redisCommand(replica.port, 'GET', 'gatehouse:code:a')).toBeNull();

    const admin = new Redis(primary.url);
    onTestFinished(() => admin.disconnect());
    await Promise.all(Array.from({ length: 100 }, (_, index) => store.put(`code:${index}`, '1', 60)));
    const waits = Number(/cmdstat_wait:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1]);
    expect(waits).toBeLessThan(60);

    replication.replies = 'drop';
    const start503 = performance.now();
    const writes = [store.put('code:b', '1', 60), store.putIfAbsent('code:c', '1', 60), store.take('code:0')];
    const refusals = (await Promise.allSettled(writes)).map((outcome) => 'reason' in outcome && outcome.reason);
    for (const refusal of refusals) expect(refusal).toMatchObject(unreplicated);
    await expect(store.delete('code:1')).rejects.toMatchObject(unreplicated);
    expect(await store.get('code:2')).toBe('1');
    expect(performance.now() - start503).toBeLessThan(8000);
  });
});
