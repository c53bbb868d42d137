import { expect, it, onTestFinished } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { redisStore } from '../../src/store/redis.ts';
import { announcementLaws, maintenanceLaws, storeLaws } from '../contracts/index.ts';
import { clusterServer, meet, redisCluster, redisCommand } from '../support/redis-cluster.ts';
import { follows } from '../support/redis-replica.ts';
import { describeRedisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

describeRedisServer('a cluster', () => {
  const startCluster = async (nodeTimeout: number) => {
    const cluster = await redisCluster(nodeTimeout);
    onTestFinished(cluster.close);
    return cluster;
  };
  const open = (url: string) => {
    const store = redisStore({ url });
    onTestFinished(() => store.close());
    return store;
  };
  const served = (call: () => Promise<unknown>) => until(call, (outcome) => !('error' in outcome));
  const names = Array.from({ length: 20 }, (_, index) => `code:${index}`);

  it('keeps every law of a store and of word between nodes, its records spread over the nodes', async () => {
    const { url, nodes } = await startCluster(15_000);
    const timed = /lifetime|ended|over$|empty store|absent/;
    for (const [index, law] of [...storeLaws, ...maintenanceLaws].filter(({ title }) => !timed.test(title)).entries()) {
      const another = async () => redisStore({ url, prefix: `law-${index}:` });
      const advance = () => {
        throw new Error('time does not pass here');
      };
      await law.check(async () => ({ store: await another(), another, advance }));
    }
    for (const law of announcementLaws) {
      const [here, there] = [redisStore({ url }), redisStore({ url })];
      const close = async () => void (await Promise.all([here.close(), there.close()]));
      await law.check(async () => ({ here: here.announcements, there: there.announcements, close }));
    }
    const store = open(url);
    for (let index = 0; index < 50; index += 1) await store.put(`code:${index}`, '1', 60);
    const sizes = await Promise.all(nodes.map(({ server }) => redisCommand(server.port, 'DBSIZE')));
    expect(sizes.every((size) => Number(size) > 5)).toBe(true);
  });

  it('serves the first commands of a client, also while one node is slower than the other', async () => {
    const { url, nodes } = await startCluster(15_000);
    nodes[1].line.replies = { delay: 20 };
    for (let round = 0; round < 15; round += 1) {
      const store = redisStore({ url });
      await Promise.all(names.map((name) => store.get(name)));
      await store.close();
    }
  });

  it('F09 CLUSTERDOWN or a dead node is a 503 for its records, served again with another epoch when it is back', async () => {
    const { url, nodes } = await startCluster(1000);
    const [store, other] = [open(url), open(url)];
    for (const name of names) await store.put(name, name, Infinity);
    const heard: unknown[][] = [store, other].map(({ announcements }) => {
      const texts: unknown[] = [];
      announcements.subscribe('keys', (text) => void texts.push(text));
      return texts;
    });
    const carries = (word: string) =>
      until(
        async () => store.announcements.publish('keys', word),
        () => heard.every((texts) => texts.includes(word)),
      );
    await carries('before');
    const before = await store.epoch();
    expect(await other.epoch()).toBe(before);
    await nodes[1].server.kill();
    const outcomes = await Promise.allSettled(names.map((name) => store.take(name)));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.every((reason) => reason instanceof Unavailable)).toBe(true);
    await expect(store.epoch()).rejects.toThrow(Unavailable);
    await carries('during');
    await nodes[1].server.restart();
    await served(() => Promise.all(names.map((name) => store.get(name))));
    await served(() => store.epoch());
    const after = await store.epoch();
    expect(after).not.toBe(before);
    await until(
      () => other.epoch(),
      ({ value }) => value === after,
    );
  });

  it('F10 with durability replica a write is answered where its primary has a replica, and is 503 where it has none', async () => {
    const { url, nodes } = await startCluster(15_000);
    const [{ server: one }] = nodes;
    await redisCommand(one.port, 'CONFIG', 'SET', 'repl-diskless-sync-delay', '0');
    const replica = await clusterServer();
    onTestFinished(() => replica.close());
    await meet(replica, one);
    const id = String(await redisCommand(one.port, 'CLUSTER', 'MYID'));
    await served(() => redisCommand(replica.port, 'CLUSTER', 'REPLICATE', id));
    await follows(one, replica);
    const store = redisStore({ url, durability: ['replica'], timeout: 4000 });
    onTestFinished(() => store.close());
    await until(
      () => redisCommand(one.port, 'CLUSTER', 'SLOTS'),
      ({ value }) => JSON.stringify(value).includes(`${replica.port}`),
    );
    const outcomes = await Promise.allSettled(names.map((name) => store.put(name, name, 60)));
    const kept = await redisCommand(replica.port, 'DBSIZE');
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused.length).toBeGreaterThan(3);
    expect(refused.length).toBe(names.length - Number(kept));
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { reason: 'redis: UNREPLICATED' } });
  });
});
