import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, it, onTestFinished } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { redisStore } from '../../src/store/redis.ts';
import type { Store } from '../../src/store/store.ts';
import { maintenanceLaws, storeLaws } from '../contracts/index.ts';
import { certificateAuthority } from '../core/safe-fetch-certificate.ts';
import { freePort } from '../support/free-port.ts';
import {
  describeRedisServer,
  type RedisServer,
  type RedisServerOptions,
  redisServer,
} from '../support/redis-server.ts';
import { startServer } from '../support/server-process.ts';
import { until } from '../support/until.ts';

/** A server that ends with the test. */
async function startRedis(options: RedisServerOptions = {}): Promise<RedisServer> {
  const server = await redisServer(options);
  onTestFinished(() => server.close());
  return server;
}

function open(url: string): Store {
  const store = redisStore({ url });
  onTestFinished(() => store.close());
  return store;
}

async function command(port: number, ...words: readonly [string, ...string[]]): Promise<unknown> {
  const redis = new Redis(port, { lazyConnect: true });
  try {
    const [name, ...args] = words;
    return await redis.call(name, ...args);
  } finally {
    redis.disconnect();
  }
}

const served = (call: () => Promise<unknown>) => until(call, (outcome) => !('error' in outcome));

describeRedisServer('a cluster', () => {
  /** Two primaries with half of the slots each. */
  async function startCluster(nodeTimeout: string): Promise<readonly [RedisServer, RedisServer]> {
    // Without an address to announce, a node leaves itself out of its map until another has told it how it is reached.
    const announced = ['--cluster-announce-ip', '127.0.0.1'];
    const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', nodeTimeout, ...announced];
    const nodes = [await startRedis({ settings }), await startRedis({ settings })] as const;
    const [one, two] = nodes;
    await command(one.port, 'CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
    await command(two.port, 'CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
    await command(one.port, 'CLUSTER', 'MEET', '127.0.0.1', `${two.port}`);
    for (const { port } of nodes) {
      await until(
        () => command(port, 'CLUSTER', 'INFO'),
        ({ value }) => /cluster_state:ok.*cluster_size:2/s.test(String(value)),
      );
      // Until the nodes have shaken hands they go by names that change, and a client drops those it no longer finds.
      await until(
        () => command(port, 'CLUSTER', 'NODES'),
        ({ value }) => {
          const lines = String(value).trim().split('\n');
          return lines.length === 2 && lines.every((line) => /^\S+ 127\.0\.0\.1:\d+@\S+ (myself,)?master /.test(line));
        },
      );
    }
    return nodes;
  }

  /** A client that has just begun may refuse its first commands while it finds its way to the nodes. */
  const reachAllNodes = (store: Store) =>
    until(
      () => Promise.allSettled(Array.from({ length: 10 }, (_, name) => store.get(`code:${name}`))),
      ({ value }) => value?.every(({ status }) => status === 'fulfilled') === true,
    );

  it('keeps every law of a store, its records spread over the nodes', async () => {
    const [one, two] = await startCluster('15000');
    const url = `redis-cluster://127.0.0.1:${one.port},127.0.0.1:${two.port}`;
    const timed = /lifetime|ended|over$|empty store|absent/;
    for (const [index, law] of [...storeLaws, ...maintenanceLaws].filter(({ title }) => !timed.test(title)).entries()) {
      const another = async () => {
        const store = redisStore({ url, prefix: `law-${index}:` });
        await reachAllNodes(store);
        return store;
      };
      const advance = () => {
        throw new Error('time does not pass here');
      };
      await law.check(async () => ({ store: await another(), another, advance }));
    }
    const store = open(url);
    for (let index = 0; index < 50; index += 1) await store.put(`code:${index}`, '1', 60);
    const sizes = await Promise.all([one, two].map(({ port }) => command(port, 'DBSIZE')));
    expect(sizes.every((size) => Number(size) > 5)).toBe(true);
  });

  it('CLUSTERDOWN or a dead node is a 503 for its records, and served again when it is back', async () => {
    const [one, two] = await startCluster('1000');
    const store = open(`redis-cluster://127.0.0.1:${one.port}`);
    const names = Array.from({ length: 20 }, (_, index) => `code:${index}`);
    for (const name of names) await store.put(name, name, Infinity);
    await two.kill();
    const outcomes = await Promise.allSettled(names.map((name) => store.take(name)));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refusals.length).toBeGreaterThan(0);
    expect(refusals.every((reason) => reason instanceof Unavailable)).toBe(true);
    await two.restart();
    await served(() => Promise.all(names.map((name) => store.get(name))));
  });
});

describeRedisServer('Sentinel', () => {
  it('ST-13 leads to the primary, and when that has died to the one that Sentinel puts in its place', async () => {
    const primary = await startRedis();
    const replica = await startRedis({ settings: ['--replicaof', '127.0.0.1', `${primary.port}`] });
    const sentinel = await startSentinel(primary.port);
    const store = open(`redis+sentinel://127.0.0.1:${sentinel}/gate`);
    await store.put('code:a', '1', 60);
    await until(
      () => command(sentinel, 'SENTINEL', 'REPLICAS', 'gate'),
      ({ value }) => JSON.stringify(value ?? []).includes(`${replica.port}`),
    );
    await until(
      () => command(replica.port, 'GET', 'gatehouse:code:a'),
      ({ value }) => value === '1',
    );
    await primary.kill();
    await expect(store.get('code:a')).rejects.toThrow(Unavailable);
    await served(() => store.put('code:b', '2', 60));
    expect(await command(replica.port, 'GET', 'gatehouse:code:b')).toBe('2');
    expect(await store.take('code:a')).toBe('1');
  });

  async function startSentinel(primary: number): Promise<number> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-sentinel-'));
    const [port, file] = [await freePort(), join(folder, 'sentinel.conf')];
    const lines = [
      `sentinel monitor gate 127.0.0.1 ${primary} 1`,
      'sentinel down-after-milliseconds gate 500',
      'sentinel failover-timeout gate 2000',
    ];
    await writeFile(file, `${lines.join('\n')}\n`);
    const server = await startServer('redis-server', [file, '--sentinel', '--port', `${port}`, '--dir', folder], port);
    onTestFinished(async () => {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    });
    return port;
  }
});

describeRedisServer('TLS', () => {
  it('is spoken where the URL asks for it, with a server that an authority of ours vouches for', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const authority = certificateAuthority();
    const { key, cert } = authority.certify({ commonName: 'redis.test', names: ['redis.test'] });
    const file = async (name: string, text: string) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    };
    const ca = await file('ca.pem', authority.cert);
    const files = ['--tls-cert-file', await file('cert.pem', cert), '--tls-key-file', await file('key.pem', key)];
    const port = await freePort();
    const settings = ['--tls-port', `${port}`, ...files, '--tls-ca-cert-file', ca, '--tls-auth-clients', 'no'];
    await startRedis({ settings });
    const store = open(`rediss://127.0.0.1:${port}?ca=${ca}&servername=redis.test`);
    await store.put('code:a', '1', 60);
    expect(await store.take('code:a')).toBe('1');
    await expect(open(`rediss://127.0.0.1:${port}?servername=redis.test`).get('code:a')).rejects.toThrow(Unavailable);
    await expect(open(`rediss://127.0.0.1:${port}?ca=${ca}&servername=other.test`).get('a')).rejects.toMatchObject({
      reason: 'redis: ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await expect(open(`redis://127.0.0.1:${port}`).get('code:a')).rejects.toThrow(Unavailable);
  });
});
