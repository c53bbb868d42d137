import type { ConnectionOptions } from 'node:tls';
import { type Log, silentLog } from '../core/log.ts';
import { announcing } from './announcing.ts';
import { expiryOf } from './lifetime.ts';
import type { MaintainableStore } from './maintenance.ts';
import { redisCarrier } from './redis/announcing.ts';
import { redisConnection } from './redis/connection.ts';
import { replaceRecord, scanRecords } from './redis/scan.ts';
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
  readonly log?: Log;
}

const DEFAULT_PREFIX = 'gatehouse:';
const DEFAULT_TIMEOUT = 2000;

/**
 * A store that many machines share: one key a record, one command a call, on primaries only. Connects at once; the first
 * call rejects with ConfigError where the server would evict records or refuses us. Throws ConfigError for a malformed URL.
 *
 * A call whose answer is lost rejects with Unavailable and is never sent again. It may have been done: after a `take` or a
 * `putIfAbsent` that was lost nobody may be treated as the winner, and a second attempt that finds nothing must deny.
 * Lifetimes are counted by the server.
 */
export function redisStore(options: RedisStoreOptions): MaintainableStore & SharedServer {
  const { url, tls, timeout = DEFAULT_TIMEOUT, log = silentLog } = options;
  const target = redisTarget(url);
  const withTls = target.tls === undefined ? target : { ...target, tls: { ...target.tls, ...tls } };
  const connection = redisConnection({ target: withTls, timeout, log });
  const { run, epoch } = connection;
  const prefix = options.prefix ?? target.prefix ?? DEFAULT_PREFIX;
  wellFormed(prefix);
  const carried = announcing(redisCarrier({ connection, target: withTls, prefix, timeout, log }));
  const keyOf = (name: string): string => {
    wellFormed(name);
    return prefix + name;
  };
  const set = async (name: string, value: string, ttl: number, ...condition: readonly 'NX'[]): Promise<boolean> => {
    const key = keyOf(name);
    wellFormed(value);
    const lifetime = lifetimeOf(ttl);
    return (await run((client) => client.call('set', key, value, ...condition, ...lifetime))) === 'OK';
  };
  const ask = async (command: 'get' | 'getdel', name: string): Promise<string | undefined> => {
    const key = keyOf(name);
    const value = await run((client) => client.call(command, key));
    return typeof value === 'string' ? value : undefined;
  };

  return {
    get: (name) => ask('get', name),
    put: async (name, value, ttl) => {
      await set(name, value, ttl);
    },
    putIfAbsent: (name, value, ttl) => set(name, value, ttl, 'NX'),
    take: (name) => ask('getdel', name),
    delete: async (name) => {
      const key = keyOf(name);
      await run((client) => client.call('unlink', key));
    },
    scan: (cursor, limit) => run((client) => scanRecords(client, prefix, cursor, limit)),
    replace: async (name, expected, value) => {
      const key = keyOf(name);
      wellFormed(expected, value);
      return run((client) => replaceRecord(client, key, expected, value));
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
