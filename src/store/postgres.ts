import { type Clock, systemClock } from '../core/clock.ts';
import { type Log, silentLog } from '../core/log.ts';
import { announcing } from './announcing.ts';
import { expiryOf } from './lifetime.ts';
import type { MaintainableStore } from './maintenance.ts';
import { postgresCarrier } from './postgres/announcing.ts';
import { postgresConnection } from './postgres/connection.ts';
import { keyOf, textOf } from './postgres/key.ts';
import { listenerOf, type PostgresPool, poolOf } from './postgres/pool.ts';
import { statements } from './postgres/statements.ts';
import { postgresTarget, readTable } from './postgres/target.ts';
import type { SharedServer } from './shared-server.ts';
import { wellFormed } from './well-formed.ts';

export type { PostgresPool } from './postgres/pool.ts';

/** Where the records are kept, and the clock that ends them. */
export interface PostgresStoreOptions {
  /** `postgres://user:password@host/database`; TLS and more as its parameters, see docs/storage.md. */
  readonly url?: string;
  /** A pool of your own (`new pg.Pool(…)`) in place of `url`. It stays open when the store is closed. */
  readonly pool?: PostgresPool;
  /** The table, made where missing (default: `table` of the URL, or `gatehouse_records`). */
  readonly table?: string;
  readonly clock?: Clock;
  /** The most that a call may take, in milliseconds (default 2000). */
  readonly timeout?: number;
  readonly log?: Log;
}

/** Every 16th write first removes at most 64 ended rows: the table cannot outgrow what is alive for long. */
const WRITES_PER_SWEEP = 16;
const ROWS_PER_SWEEP = 64;
const DEFAULT_TABLE = 'gatehouse_records';
const DEFAULT_TIMEOUT = 2000;

/**
 * A store in one PostgreSQL table; each call is one statement. Needs the package `pg`. Connects with the first call, which
 * rejects with ConfigError where the server refuses us. Throws ConfigError for a malformed URL or table name.
 *
 * A call whose answer is lost rejects with Unavailable and is never sent again. It may have been done: after a `take` or a
 * `putIfAbsent` that was lost nobody may be treated as the winner.
 * Lifetimes are counted by `clock`, not by the server: the expiry sealed into a record is, too, and both must agree.
 */
export function postgresStore(options: PostgresStoreOptions): MaintainableStore & SharedServer {
  const { clock = systemClock, timeout = DEFAULT_TIMEOUT, log = silentLog } = options;
  const target = options.pool === undefined ? postgresTarget(options.url ?? '') : undefined;
  const table = readTable(options.table ?? target?.table ?? DEFAULT_TABLE);
  const sql = statements(table, ROWS_PER_SWEEP);
  const source = options.pool ?? target;
  const connection = postgresConnection({
    open: () => poolOf(source, timeout),
    prepare: sql.prepare,
    timeout,
    log,
  });
  const { run } = connection;
  const listener = () => listenerOf(source, timeout);
  const carried = announcing(postgresCarrier({ connection, listener, table, log }));
  let writes = 0;
  // Before the write, never after it: a sweep that fails must not hide that the write was done.
  const sweep = async (now: number): Promise<void> => {
    writes += 1;
    if (writes % WRITES_PER_SWEEP === 0) await run(sql.sweep, [now]);
  };
  const write = async (text: string, name: string, value: string, expires: number, now: number) => {
    const { key, long } = keyOf(name);
    wellFormed(value);
    await sweep(now);
    return run(text, [key, long, Buffer.from(value), expires, ...(text === sql.insert ? [now] : [])]);
  };

  return {
    get: async (name) => valueIn(await run(sql.select, [keyOf(name).key, clock()])),
    async put(name, value, ttl) {
      const now = clock();
      await write(sql.upsert, name, value, expiryOf(ttl, now), now);
    },
    async putIfAbsent(name, value, ttl) {
      const now = clock();
      return (await write(sql.insert, name, value, expiryOf(ttl, now), now)).rowCount === 1;
    },
    take: async (name) => valueIn(await run(sql.take, [keyOf(name).key, clock()])),
    async delete(name) {
      await run(sql.remove, [keyOf(name).key]);
    },
    async scan(cursor, limit) {
      const { rows } = await run(sql.page, [Buffer.from(cursor ?? '', 'base64url'), clock(), limit]);
      const last = rows.length < limit ? undefined : rows.at(-1);
      return {
        entries: rows.map((row) => ({ name: textOf(row.name), value: textOf(row.value) })),
        ...(last && { cursor: (last.key as Buffer).toString('base64url') }),
      };
    },
    async replace(name, expected, value) {
      const { key } = keyOf(name);
      wellFormed(expected, value);
      return (await run(sql.swap, [key, Buffer.from(value), Buffer.from(expected), clock()])).rowCount === 1;
    },
    time: async () => Number((await run(sql.time, [])).rows[0]?.milliseconds),
    epoch: async () => String((await run(sql.epoch, [])).rows[0]?.epoch),
    announcements: carried.announcements,
    close: async () => {
      await carried.close();
      await connection.close();
    },
  };
}

const valueIn = ({ rows: [row] }: { readonly rows: readonly Readonly<Record<string, unknown>>[] }) =>
  row === undefined ? undefined : textOf(row.value);
