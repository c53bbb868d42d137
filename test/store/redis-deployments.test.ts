import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Unavailable } from '../../src/core/errors.ts';
import { redisStore } from '../../src/store/redis.ts';
import { certificateAuthority } from '../core/safe-fetch-certificate.ts';
import { freePort } from '../support/free-port.ts';
import { redisCommand } from '../support/redis-cluster.ts';
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

function open(url: string) {
  const store = redisStore({ url });
  onTestFinished(() => store.close());
  return store;
}

const served = (call: () => Promise<unknown>) => until(call, (outcome) => !('error' in outcome));

describeRedisServer('Sentinel', () => {
  it('ST-13 leads to the primary, and when that has died to the one that Sentinel puts in its place', async () => {
    const primary = await startRedis();
    const replica = await startRedis({ settings: ['--replicaof', '127.0.0.1', `${primary.port}`] });
    const sentinel = await startSentinel(primary.port);
    const store = open(`redis+sentinel://127.0.0.1:${sentinel}/gate`);
    const other = open(`redis+sentinel://127.0.0.1:${sentinel}/gate`);
    const heard: unknown[] = [];
    other.announcements.subscribe('keys', (text) => void heard.push(text));
    const hears = (word: string) =>
      until(
        async () => store.announcements.publish('keys', word),
        () => heard.includes(word),
      );
    await hears('before');
    await store.put('code:a', '1', 60);
    await until(
      () => redisCommand(sentinel, 'SENTINEL', 'REPLICAS', 'gate'),
      ({ value }) => JSON.stringify(value ?? []).includes(`${replica.port}`),
    );
    await until(
      () => redisCommand(replica.port, 'GET', 'gatehouse:code:a'),
      ({ value }) => value === '1',
    );
    const epoch = await store.epoch();
    await primary.kill();
    await expect(store.get('code:a')).rejects.toThrow(Unavailable);
    await served(() => store.put('code:b', '2', 60));
    expect(await redisCommand(replica.port, 'GET', 'gatehouse:code:b')).toBe('2');
    expect(await store.take('code:a')).toBe('1');
    expect(await store.epoch()).not.toBe(epoch);
    await hears('after');
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
  /** A server that speaks nothing else, and the file of the authority that vouches for it. */
  async function startTls(): Promise<{ readonly at: string; readonly ca: string }> {
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
    return { at: `127.0.0.1:${port}`, ca };
  }

  it('is spoken where the URL asks for it, with a server that an authority of ours vouches for', async () => {
    const { at, ca } = await startTls();
    const store = open(`rediss://${at}?ca=${ca}&servername=redis.test`);
    await store.put('code:a', '1', 60);
    expect(await store.take('code:a')).toBe('1');
    await expect(open(`rediss://${at}?servername=redis.test`).get('code:a')).rejects.toThrow(Unavailable);
    await expect(open(`rediss://${at}?ca=${ca}&servername=other.test`).get('a')).rejects.toMatchObject({
      reason: 'redis: ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await expect(open(`redis://${at}`).get('code:a')).rejects.toThrow(Unavailable);
  });

  it('ends no process where a connection is given up at any moment of its handshake', async () => {
    const { at } = await startTls();
    const uncaught: unknown[] = [];
    const hear = (error: unknown) => void uncaught.push(error);
    process.on('uncaughtException', hear);
    onTestFinished(() => void process.off('uncaughtException', hear));
    // The server is not vouched for, so a second attempt follows the first, and the store is closed at some moment of it.
    for (let round = 0; round < 80; round += 1) {
      const store = redisStore({ url: `rediss://${at}?servername=redis.test` });
      const asked = store.get('code:a').catch((error: unknown) => expect(error).toBeInstanceOf(Unavailable));
      await new Promise((resolve) => setTimeout(resolve, 20 + (round % 20)));
      await store.close();
      await asked;
    }
    expect(uncaught).toEqual([]);
  });
});
