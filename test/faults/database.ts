import { Redis } from 'ioredis';
import { type CommandProxy, commandProxy } from '../support/command-proxy.ts';
import { runSql, sharedPostgres } from '../support/postgres-server.ts';
import { redisServer } from '../support/redis-server.ts';
import { postgresFrames, redisFrames } from '../support/wire-frames.ts';

/** The one server that all nodes keep their state on. */
export interface Database {
  readonly kind: 'redis' | 'postgres';
  readonly port: number;
  /** STORE_URL for whoever reaches it at this port. */
  urlAt(port: number): string;
  /** A proxy in front of it that knows its commands. */
  proxy(): Promise<CommandProxy>;
  /** Whether a command is one of the store, and not of a rate limit or a greeting. */
  isOfStore(command: string): boolean;
  /** Everything in it, as text. */
  dump(): Promise<string>;
  /** How many records it holds that never end. */
  endless(): Promise<number>;
  /** Ends it at once; what it kept in memory alone is lost. Redis only. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** A Redis of our own, which keeps nothing when it is restarted unless `appendOnly`. */
export async function redisDatabase(options: { readonly appendOnly?: boolean } = {}): Promise<Database> {
  const server = await redisServer(options);
  const ask = async <T>(question: (redis: Redis) => Promise<T>): Promise<T> => {
    const redis = new Redis(server.url);
    return question(redis).finally(() => redis.disconnect());
  };
  return {
    kind: 'redis',
    port: server.port,
    urlAt: (port) => `redis://127.0.0.1:${port}`,
    proxy: () => commandProxy(server, redisFrames),
    isOfStore: (command) => command.includes('\ngatehouse:'),
    dump: () =>
      ask(async (redis) => {
        const keys = await redis.keys('*');
        const values = await Promise.all(keys.map((key) => redis.get(key).catch(() => '')));
        return keys.map((key, index) => `${key} ${values[index]}`).join('\n');
      }),
    endless: () =>
      ask(async (redis) => {
        const keys = await redis.keys('gatehouse:*');
        const left = await Promise.all(keys.map((key) => redis.pttl(key)));
        return left.filter((milliseconds) => milliseconds === -1).length;
      }),
    kill: server.kill,
    restart: server.restart,
    close: server.close,
  };
}

const never = async (): Promise<never> => {
  throw new Error('This PostgreSQL is not ours to end.');
};

/** A PostgreSQL with a table of its own. */
export async function postgresDatabase(): Promise<Database> {
  const server = await sharedPostgres();
  const table = server.table();
  const urlAt = (port: number) => {
    const url = new URL(server.url);
    url.host = `127.0.0.1:${port}`;
    url.searchParams.set('table', table);
    return url.href;
  };
  return {
    kind: 'postgres',
    port: server.port,
    urlAt,
    proxy: () => commandProxy(server, postgresFrames),
    isOfStore: (command) => command.includes(table) && !command.includes('to_regclass'),
    async dump() {
      const rows = await runSql(server.url, `SELECT encode(key, 'escape') AS key, value FROM ${table}`);
      return rows.map(({ key, value }) => `${key} ${value}`).join('\n');
    },
    async endless() {
      const [row] = await runSql(server.url, `SELECT count(*) AS rows FROM ${table} WHERE expires = 'Infinity'`);
      return Number(row?.rows);
    },
    kill: never,
    restart: never,
    close: async () => {
      await runSql(server.url, `DROP TABLE IF EXISTS ${table}`);
      await server.close();
    },
  };
}
