import { type Clock, systemClock } from '../core/clock.ts';
import { expiryOf } from './lifetime.ts';
import type { MaintainableStore } from './maintenance.ts';
import { openRecords } from './sqlite-file.ts';
import { sqliteScan } from './sqlite-scan.ts';
import { sqliteTurns } from './sqlite-turns.ts';
import { wellFormed } from './well-formed.ts';

/** Every 16th write first removes at most 64 expired rows: the table cannot outgrow what is alive for long. */
const WRITES_PER_SWEEP = 16;
const ROWS_PER_SWEEP = 64;

/** Where the records are kept, and the clock that ends them. */
export interface SqliteStoreOptions {
  /** Path of the database file, made with its folder where missing; `:memory:` keeps nothing (for tests). */
  readonly file: string;
  readonly clock?: Clock;
  /** How long a call waits for another process that writes, in milliseconds. Default 2,000. */
  readonly timeout?: number;
}

/**
 * A store in one SQLite file that several processes may have open. What was acknowledged survives kill -9 and power loss.
 * Throws ConfigError when the file cannot be opened. Names and values must be well-formed Unicode (else TypeError).
 */
export function sqliteStore({ file, clock = systemClock, timeout = 2000 }: SqliteStoreOptions): MaintainableStore {
  const database = openRecords(file);
  const { read, write } = sqliteTurns(timeout);
  const { page, replace } = sqliteScan(database);
  const select = database.prepare('SELECT value FROM records WHERE name = ? AND expires > ?');
  const upsert = database.prepare(
    `INSERT INTO records (name, value, expires) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, expires = excluded.expires`,
  );
  const insert = database.prepare(
    `INSERT INTO records (name, value, expires) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, expires = excluded.expires WHERE records.expires <= ?`,
  );
  const remove = database.prepare('DELETE FROM records WHERE name = ?');
  const removeLive = database.prepare('DELETE FROM records WHERE name = ? AND expires > ? RETURNING value');
  const removeExpired = database.prepare(
    `DELETE FROM records WHERE rowid IN
       (SELECT rowid FROM records WHERE expires <= ? ORDER BY expires LIMIT ${ROWS_PER_SWEEP})`,
  );
  let writes = 0;
  // Before the write, never after it: a sweep that fails must not hide that the write was done.
  const sweep = (now: number): void => {
    writes += 1;
    if (writes % WRITES_PER_SWEEP === 0) removeExpired.run(now);
  };

  return {
    async get(key) {
      wellFormed(key);
      return read(() => textOf(select.get(key, clock())));
    },
    async put(key, value, ttl) {
      const now = clock();
      const expires = expiryOf(ttl, now);
      wellFormed(key, value);
      await write(() => {
        sweep(now);
        upsert.run(key, value, expires);
      });
    },
    async putIfAbsent(key, value, ttl) {
      const now = clock();
      const expires = expiryOf(ttl, now);
      wellFormed(key, value);
      return write(() => {
        sweep(now);
        return insert.run(key, value, expires, now).changes === 1;
      });
    },
    async take(key) {
      wellFormed(key);
      // `all`, not `get`: only stepping to the end reports a commit that failed, and the row would then still be there.
      return write(() => textOf(removeLive.all(key, clock())[0]));
    },
    async delete(key) {
      wellFormed(key);
      await write(() => remove.run(key));
    },
    scan: async (cursor, limit) => read(() => page(cursor, limit, clock())),
    async replace(name, expected, value) {
      wellFormed(name, value);
      return write(() => replace(name, expected, value, clock()));
    },
    async close() {
      await write(() => database.isOpen && database.close());
    },
  };
}

const textOf = (row: Readonly<Record<string, unknown>> | undefined): string | undefined =>
  row === undefined ? undefined : String(row.value);
