import type { ConnectionOptions } from 'node:tls';
import { type Log, silentLog } from '../core/log.ts';
import { announcing } from './announcing.ts';
import { expiryOf } from './lifetime.ts';
import type { MaintainableStore } from './maintenance.ts';
import { redisCarrier } from './redis/announcing.ts';
import { redisConnection } from './redis/connection.ts';
import { plainWrite, replicatedWrite } from './redis/replicated-write.ts';
import { replaceRecord, scanRecords } from './redis/scan.ts';
import type { Durability } from './redis/server-check.ts';
import { redisTarget } from './redis/url.ts';
import type { SharedServer } from './shared-server.ts';
import { wellFormed } from './well-formed.ts';

/** Where the records are kept. */
export interface RedisStoreOptions {
  /** `redis://`, `rediss://` (TLS), `redis+sentinel://`, `redis-cluster://`; see docs/storage.md. */
  readonly url: string;
  /** What every key begins with (default: `prefix` of the URL, or `gatehouse:`). */
  readonly prefix?: string;
  /** More about TLS than the URL can say, where it asks for TLS. */
  readonly tls?: ConnectionOptions;
  /** The most that a call may take, in milliseconds (default 2000). */
  readonly timeout?: number;
  /**
   * What a write waits for (default: the primary's word). `fsync`: a server that does not write to its disk before it answers
   * is refused. `replica`: rejects where no replica has the write within a quarter of `timeout`.
   */
  readonly durability?: readonly Durability[];
  readonly log?: Log;
}

const DEFAULT_PREFIX = 'gatehouse:';
const DEFAULT_TIMEOUT = 2000;
/** Of the time that a call has: what waits for a replica holds up what comes after it. */
const REPLICA_SHARE = 4;

/**
 * A store that many machines share: one key a record, one command a call, on primaries only. Connects at once; the first
 * call rejects with ConfigError where the server would evict records or refuses us. Throws ConfigError for a malformed URL.
 *
 * A call whose answer is lost rejects with Unavailable and is never sent again. It may have been done: after a `take` or a
 * `putIfAbsent` that was lost nobody may be treated as the winner, and a second attempt that finds nothing must deny.
 * Lifetimes are counted by the server.
 */
export function redisStore(options: RedisStoreOptions): MaintainableStore & SharedServer {
  const { url, tls, timeout = DEFAULT_TIMEOUT, durability = [], log = silentLog } = options;
  const target = redisTarget(url);
  const withTls = target.tls === undefined ? target : { ...target, tls: { ...target.tls, ...tls } };
  const connection = redisConnection({ target: withTls, timeout, log, durability });
  const { run, epoch } = connection;
  const prefix = options.prefix ?? target.prefix ?? DEFAULT_PREFIX;
  wellFormed(prefix);
  const carried = announcing(redisCarrier({ connection, target: withTls, prefix, timeout, log }));
  const write = durability.includes('replica') ? replicatedWrite(timeout / REPLICA_SHARE) : plainWrite;
  const keyOf = (name: string): string => {
    wellFormed(name);
    return prefix + name;
  };
  const set = async (name: string, value: string, ttl: number, ...condition: readonly 'NX'[]): Promise<boolean> => {
    const key = keyOf(name);
    wellFormed(value);
    const lifetime = lifetimeOf(ttl);
    const answer = await run((client) =>
      write(client, key, (server) => server.call('set', key, value, ...condition, ...lifetime)),
    );
    return answer === 'OK';
  };

  return {
    get: async (name) => {
      const key = keyOf(name);
      return textOf(await run((client) => client.call('get', key)));
    },
    put: async (name, value, ttl) => {
      await set(name, value, ttl);
    },
    putIfAbsent: (name, value, ttl) => set(name, value, ttl, 'NX'),
    take: async (name) => {
      const key = keyOf(name);
      return textOf(await run((client) => write(client, key, (server) => server.call('getdel', key))));
    },
    delete: async (name) => {
      const key = keyOf(name);
      await run((client) => write(client, key, (server) => server.call('unlink', key)));
    },
    scan: (cursor, limit) => run((client) => scanRecords(client, prefix, cursor, limit)),
    replace: async (name, expected, value) => {
      const key = keyOf(name);
      wellFormed(expected, value);
      return run((client) => write(client, key, (server) => replaceRecord(server, key, expected, value)));
    },
    time: async () => millisecondsOf(await run((client) => client.call('time'))),
    epoch,
    announcements: carried.announcements,
    close: async () => {
      await carried.close();
      await connection.close();
    },
  };
}

const textOf = (answer: unknown): string | undefined => (typeof answer === 'string' ? answer : undefined);

/** TIME answers with seconds and microseconds. */
function millisecondsOf(answer: unknown): number {
  const [seconds, microseconds] = (answer as readonly unknown[]).map(Number);
  return Number(seconds) * 1000 + Number(microseconds) / 1000;
}

/** In whole milliseconds, rounded up so that it is never 0; a lifetime that Redis could not count is no end. */
function lifetimeOf(ttl: number): readonly (string | number)[] {
  const milliseconds = Math.ceil(expiryOf(ttl, 0) * 1000);
  return Number.isSafeInteger(milliseconds) ? ['PX', milliseconds] : [];
}
