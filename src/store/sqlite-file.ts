import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ConfigError } from '../core/errors.ts';

/** How long a statement waits for another process that is writing, in milliseconds. */
const BUSY_TIMEOUT = 5000;

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
  database.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
  database.exec('PRAGMA journal_mode = WAL');
  // FULL: in WAL mode anything less may lose acknowledged writes with the power.
  database.exec('PRAGMA synchronous = FULL');
  database.exec(`
    CREATE TABLE IF NOT EXISTS records (name TEXT PRIMARY KEY, value TEXT NOT NULL, expires REAL NOT NULL) STRICT;
    CREATE INDEX IF NOT EXISTS records_by_expiry ON records (expires);
  `);
}
