/** The statements of one table. `$n` stand for keys, values and times in the order the store hands them over. */
export interface Statements {
  /** Makes the table where it is missing, whoever else does so at the same moment. */
  readonly prepare: { readonly isThere: string; readonly make: string };
  readonly select: string;
  readonly upsert: string;
  readonly insert: string;
  readonly take: string;
  readonly remove: string;
  readonly sweep: string;
  readonly page: string;
  readonly swap: string;
  /** The server's clock. */
  readonly time: string;
  /**
   * Which server this is, and its timeline: another one begins with each promotion of a standby, and each recovery to an
   * earlier point. A restart keeps it: nothing acknowledged is lost there with `synchronous_commit` on.
   */
  readonly epoch: string;
}

/** Any number that others are unlikely to lock: those who make the table do so one after the other. */
const LOCK = 7_106_001;

/** Builds them for a table whose name was checked. */
export function statements(table: string, rowsPerSweep: number): Statements {
  const write = `INSERT INTO ${table} AS record (key, long_name, value, expires) VALUES ($1, $2, $3, $4)
    ON CONFLICT (key) DO UPDATE SET long_name = excluded.long_name, value = excluded.value, expires = excluded.expires`;
  const index = `${table.split('.').at(-1)}_by_expiry`;
  return {
    prepare: {
      isThere: `SELECT to_regclass('${table}') IS NOT NULL AS there`,
      // One message, so one transaction: the lock ends with it.
      make: `SELECT pg_advisory_xact_lock(${LOCK});
        CREATE TABLE IF NOT EXISTS ${table}
          (key bytea PRIMARY KEY, long_name bytea, value bytea NOT NULL, expires double precision NOT NULL);
        CREATE INDEX IF NOT EXISTS ${index} ON ${table} (expires)`,
    },
    select: `SELECT value FROM ${table} WHERE key = $1 AND expires > $2`,
    upsert: write,
    insert: `${write} WHERE record.expires <= $5`,
    take: `DELETE FROM ${table} WHERE key = $1 AND expires > $2 RETURNING value`,
    remove: `DELETE FROM ${table} WHERE key = $1`,
    sweep: `DELETE FROM ${table} WHERE key IN
      (SELECT key FROM ${table} WHERE expires <= $1 ORDER BY expires LIMIT ${rowsPerSweep} FOR UPDATE SKIP LOCKED)`,
    page: `SELECT key, coalesce(long_name, key) AS name, value FROM ${table}
      WHERE key > $1 AND expires > $2 ORDER BY key LIMIT $3`,
    swap: `UPDATE ${table} SET value = $2 WHERE key = $1 AND value = $3 AND expires > $4`,
    time: 'SELECT extract(epoch FROM clock_timestamp()) * 1000 AS milliseconds',
    // The name of the segment that is written tells the timeline at once; the control file only after a checkpoint.
    epoch: `SELECT system_identifier || '-' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8) AS epoch
      FROM pg_control_system()`,
  };
}
