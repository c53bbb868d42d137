import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type CommandProxy, commandProxy } from './command-proxy.ts';
import { describePostgres, runSql, type SharedPostgres, sharedPostgres } from './postgres-server.ts';
import { describeRedis, type SharedRedis, sharedRedis } from './redis-server.ts';
import { postgresFrames, redisFrames } from './wire-frames.ts';

describeRedis('a proxy that knows the commands of Redis', () => {
  let server: SharedRedis;
  let proxy: CommandProxy;
  let redis: Redis;
  let key: string;
  beforeAll(async () => {
    server = await sharedRedis();
    proxy = await commandProxy(server, redisFrames);
    redis = new Redis({ port: proxy.port, maxRetriesPerRequest: 0, autoResendUnfulfilledCommands: false });
  });
  afterAll(async () => {
    redis.disconnect();
    await proxy.close();
    await server.close();
  });
  beforeEach(async () => {
    proxy.fate = () => 'pass';
    key = `${server.prefix()}a`;
    await redis.set(key, 'one\r\ntwo', 'EX', 60);
  });
  const only = (command: string, fate: ReturnType<CommandProxy['fate']>) => {
    proxy.fate = (text) => (text.includes(`\r\n${command}\r\n`) ? fate : 'pass');
  };

  it('passes on what was sent together, and refuses one of it in its turn', async () => {
    only('getdel', { refuse: 'OOM no room' });
    const answers = await Promise.allSettled([redis.get(key), redis.getdel(key), redis.get(key), redis.mget(key, key)]);
    const told = answers.map((answer) => (answer.status === 'fulfilled' ? answer.value : answer.reason.message));
    expect(told).toEqual(['one\r\ntwo', 'OOM no room', 'one\r\ntwo', ['one\r\ntwo', 'one\r\ntwo']]);
  });

  it('cuts before a command is done, and after it', async () => {
    only('getdel', 'cut before');
    await expect(redis.getdel(key)).rejects.toThrow();
    expect(await redis.get(key)).toBe('one\r\ntwo');
    only('getdel', 'cut after');
    await expect(redis.getdel(key)).rejects.toThrow();
    expect(await redis.get(key)).toBeNull();
  });

  it('tells when a command was done whose answer it keeps', async () => {
    const done = Promise.withResolvers<void>();
    only('getdel', { whenDone: done.resolve });
    const answer = redis.getdel(key).catch((error: Error) => error);
    await done.promise;
    redis.disconnect(true);
    expect(await answer).toBeInstanceOf(Error);
    await redis.connect().catch(() => undefined);
    expect(await redis.get(key)).toBeNull();
  });
});

describePostgres('a proxy that knows the commands of PostgreSQL', () => {
  let server: SharedPostgres;
  let proxy: CommandProxy;
  let url: string;
  beforeAll(async () => {
    server = await sharedPostgres();
    proxy = await commandProxy(server, postgresFrames);
    url = server.url.replace(`:${server.port}`, `:${proxy.port}`);
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  it('refuses one statement and cuts after another was done', async () => {
    const table = server.table();
    expect(await runSql(url, `CREATE TABLE ${table} (a int)`)).toEqual([]);
    proxy.fate = (text) => (text.includes('VALUES (1)') ? { refuse: '53100' } : 'pass');
    await expect(runSql(url, `INSERT INTO ${table} VALUES (1)`)).rejects.toMatchObject({ code: '53100' });
    proxy.fate = (text) => (text.includes('VALUES (2)') ? 'cut after' : 'pass');
    await expect(runSql(url, `INSERT INTO ${table} VALUES (2)`)).rejects.toThrow();
    proxy.fate = () => 'pass';
    expect(await runSql(url, `SELECT a FROM ${table}`)).toEqual([{ a: 2 }]);
    await runSql(url, `DROP TABLE ${table}`);
  });
});
