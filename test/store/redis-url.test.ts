import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { redisTarget } from '../../src/store/redis/url.ts';
import { redisStore } from '../../src/store/redis.ts';

it('reads a single server with its user, password, database and prefix', () => {
  expect(redisTarget('redis://gate:p%40ss:w%2Ford@cache.example.com:6380/3?prefix=one:')).toMatchObject({
    kind: 'single',
    addresses: [{ host: 'cache.example.com', port: 6380 }],
    username: 'gate',
    password: 'p@ss:w/ord',
    database: 3,
    prefix: 'one:',
    tls: undefined,
  });
});

it('fills in what a short URL leaves out', () => {
  expect(redisTarget('redis://localhost')).toMatchObject({
    addresses: [{ port: 6379 }],
    database: 0,
    prefix: undefined,
  });
  expect(redisTarget('redis://:secret@localhost')).toMatchObject({ username: undefined, password: 'secret' });
  expect(redisTarget('rediss://[::1]:7000/')).toMatchObject({ addresses: [{ host: '::1', port: 7000 }], tls: {} });
});

it('reads the primary that Sentinel is asked for, and what Sentinel itself wants', () => {
  const url = 'redis+sentinel://:of-redis@one,two:26380/main/2?sentinel_username=watch&sentinel_password=of-sentinel';
  expect(redisTarget(url)).toMatchObject({
    kind: 'sentinel',
    addresses: [
      { host: 'one', port: 26_379 },
      { host: 'two', port: 26_380 },
    ],
    name: 'main',
    database: 2,
    password: 'of-redis',
    sentinelUsername: 'watch',
    sentinelPassword: 'of-sentinel',
  });
});

it('reads the nodes of a cluster, and TLS with its files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  const file = join(folder, 'ca.pem');
  writeFileSync(file, 'an authority');
  expect(redisTarget(`rediss-cluster://one:1,two:2?ca=${file}&servername=redis.test`)).toMatchObject({
    kind: 'cluster',
    addresses: [
      { host: 'one', port: 1 },
      { host: 'two', port: 2 },
    ],
    tls: { ca: Buffer.from('an authority'), servername: 'redis.test' },
  });
  rmSync(folder, { recursive: true });
});

it.each([
  ['http://localhost', 'is no Redis URL'],
  ['redis://', 'is no Redis URL'],
  ['redis://one,two', 'names several servers: begin it with redis+sentinel:// or redis-cluster://'],
  ['redis://one:0', 'names a server that is not <host>:<port>'],
  ['redis://one:66000', 'names a server that is not <host>:<port>'],
  ['redis://one/two', 'must end with the number of a database'],
  ['redis://one/1/2', 'must end with the number of a database'],
  ['redis-cluster://one/1', 'in a cluster there is no other'],
  ['redis+sentinel://one', 'must name the primary that Sentinel watches'],
  ['redis://one?prefx=a', 'has a parameter that is not one of prefix, ca, cert, key'],
  ['redis://:hidden%zz@one', 'has a % that does not begin an escape'],
  ['rediss://one?ca=/none/such', 'names with ca= a file that cannot be read (ENOENT'],
])('refuses %s by the name of its setting', (url, sentence) => {
  expect(() => redisTarget(url)).toThrow(ConfigError);
  expect(() => redisTarget(url)).toThrow('- STORE_URL ');
  expect(() => redisStore({ url })).toThrow(sentence);
});

it('repeats nothing of a URL that it refuses', () => {
  const refused = () => redisTarget('redis://gate:hidden@one:0/1');
  expect(refused).toThrow('names a server');
  expect(refused).not.toThrow(/hidden|gate/);
});
