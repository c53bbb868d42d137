import { setTimeout as wait } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { systemClock } from '../../../src/core/clock.ts';
import type { StoredEntry } from '../../../src/store/maintenance.ts';
import { postgresStore } from '../../../src/store/postgres.ts';
import { openRecords } from '../../../src/store/sqlite-file.ts';

/** Writes many records at once, past the store: its own writes are one commit or one round trip each. */
export interface BulkWriter {
  write(entries: readonly StoredEntry[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens a writer for the records of a store. `ttl` in seconds. */
export async function bulkWriter(url: string, ttl: number): Promise<BulkWriter> {
  if (url.startsWith('redis:')) return redisWriter(url, ttl);
  if (url.startsWith('sqlite:')) return sqliteWriter(url.slice('sqlite:'.length), ttl);
  if (url.startsWith('postgres:')) return postgresWriter(new URL(url), ttl);
  throw new TypeError(`${url} cannot be filled from outside.`);
}

function redisWriter(url: string, ttl: number): BulkWriter {
  const client = new Redis(url);
  return {
    async write(entries) {
      const pipeline = client.pipeline();
      for (const { name, value } of entries) pipeline.set(`gatehouse:${name}`, value, 'EX', ttl);
      const answers = (await pipeline.exec()) ?? [];
      const refused = answers.find(([error]) => error !== null);
      if (refused?.[0]) throw refused[0];
    },
    async close() {
      // A table that has just grown is rearranged for many minutes, a little at a time: more often, until it is done.
      await client.config('SET', 'hz', 500);
      while (String(await client.call('debug', 'htstats', '0')).includes('rehashing target')) await wait(1000);
      await client.config('SET', 'hz', 10);
      await client.quit();
    },
  };
}

function sqliteWriter(file: string, ttl: number): BulkWriter {
  const database = openRecords(file);
  // A power cut loses nothing here that matters.
  database.exec('PRAGMA synchronous = OFF; PRAGMA cache_size = -262144');
  const insert = database.prepare('INSERT INTO records (name, value, expires) VALUES (?, ?, ?)');
  return {
    async write(entries) {
      const expires = systemClock() + ttl;
      database.exec('BEGIN');
      for (const { name, value } of entries) insert.run(name, value, expires);
      database.exec('COMMIT');
    },
    async close() {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      database.close();
    },
  };
}

async function postgresWriter(url: URL, ttl: number): Promise<BulkWriter> {
  const table = url.searchParams.get('table');
  // Makes the table.
  const store = postgresStore({ url: url.href });
  await store.get('ready');
  await store.close();
  url.search = '';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  const text = `INSERT INTO ${table} (key, value, expires) SELECT key, value, $3 FROM unnest($1::bytea[], $2::bytea[]) AS r (key, value)`;
  const bytes = (texts: readonly string[]) => texts.map((each) => Buffer.from(each));
  return {
    async write(entries) {
      const names = bytes(entries.map(({ name }) => name));
      const values = bytes(entries.map(({ value }) => value));
      await client.query(text, [names, values, systemClock() + ttl]);
    },
    async close() {
      await client.query(`VACUUM ANALYZE ${table}`);
      await client.end();
    },
  };
}
