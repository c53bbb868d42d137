import type { DatabaseSync } from 'node:sqlite';
import type { ScanPage, StoredEntry } from './maintenance.ts';

/** The statements of upkeep on an open database. Synchronous: the caller turns their faults into its own. */
export interface SqliteScan {
  page(cursor: string | undefined, limit: number, now: number): ScanPage;
  replace(name: string, expected: string, value: string, now: number): boolean;
}

/** Walks the table in the order of its names, so that a page costs the same wherever it is. */
export function sqliteScan(database: DatabaseSync): SqliteScan {
  const columns = 'SELECT name, value FROM records WHERE';
  const first = database.prepare(`${columns} expires > ? ORDER BY name LIMIT ?`);
  const after = database.prepare(`${columns} name > ? AND expires > ? ORDER BY name LIMIT ?`);
  const swap = database.prepare('UPDATE records SET value = ? WHERE name = ? AND value = ? AND expires > ?');
  return {
    page(cursor, limit, now) {
      const rows = cursor === undefined ? first.all(now, limit) : after.all(cursor, now, limit);
      const entries = rows.map((row): StoredEntry => ({ name: String(row.name), value: String(row.value) }));
      const last = entries.length < limit ? undefined : entries.at(-1);
      return { entries, ...(last && { cursor: last.name }) };
    },
    replace: (name, expected, value, now) => swap.run(value, name, expected, now).changes === 1,
  };
}
