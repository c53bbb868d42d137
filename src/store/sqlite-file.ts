import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '../core/errors.ts';

/** How long an opening waits for another process that is writing, in milliseconds. */
const OPENING_TIMEOUT = 5000;
const PAUSE = 20;
const SQLITE_BUSY = 5;

/**
 * Opens the database file with its one table, and makes both where missing (file 0600, folder 0700).
 * Throws ConfigError when it cannot be opened, is locked for good or is no SQLite database.
 */
export function openRecords(file: string): DatabaseSync {
  try {
    if (file !== ':memory:') createPrivately(file);
    const database = new DatabaseSync(file);
    try {
      prepareTable(database);
    } catch (cause) {
      database.close();
      throw cause;
    }
    return database;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new ConfigError([
      `STORE_URL: the SQLite file ${file} cannot be opened (${why}); check the path, its permissions and free space`,
    ]);
  }
}

/** SQLite gives its journal files the mode of the database file, so it is set before SQLite sees the file. */
function createPrivately(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}

function prepareTable(database: DatabaseSync): void {
  turnToWal(database);
  database.exec(`PRAGMA busy_timeout = ${OPENING_TIMEOUT}`);
  // FULL: in WAL mode anything less may lose acknowledged writes with the power.
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`
    CREATE TABLE IF NOT EXISTS records (name TEXT PRIMARY KEY, value TEXT NOT NULL, expires REAL NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires);
  `);
  // The whole process would wait with a statement.
  database.exec('PRAGMA busy_timeout = 0');
}

/** Of two processes that turn a new file to WAL one is told "database is locked" at once, whatever the busy timeout. */
function turnToWal(database: DatabaseSync): void {
  database.exec('PRAGMA busy_timeout = 0');
  for (let waited = 0; ; waited += PAUSE) {
    try {
      database.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (waited >= OPENING_TIMEOUT || !isBusy(error)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE);
    }
  }
}

/** Whether another connection is writing. The low byte of an extended result code is its plain one. */
export const isBusy = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
