import { ConfigError } from '../../core/errors.ts';
import type { PostgresTarget } from './target.ts';

/** A result of a statement. */
export interface PostgresResult {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly rowCount: number | null;
}

/** A connection that was taken out of the pool. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<PostgresResult>;
  /** Gives it back; with `true` it is closed. */
  release(destroy?: boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'error', listener: (error: Error) => void): unknown;
}

/** A connection for listening. `end` is heard once it is closed. */
export interface PostgresListener {
  query(text: string): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  on(event: 'notification', listener: (notification: { readonly payload?: string | undefined }) => void): unknown;
  end(): Promise<void>;
}

/** What is needed of a `pg.Pool`. */
export interface PostgresPool {
  connect(): Promise<PostgresClient>;
  end(): Promise<void>;
  /** What its connections are made with. */
  readonly options?: { readonly password?: unknown };
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** A pool, and whether it is ours to end. */
export interface OpenPool {
  readonly pool: PostgresPool;
  readonly ours: boolean;
}

/** The pool handed in, or one for a URL. Throws ConfigError where the package `pg` is not installed. */
export async function poolOf(source: PostgresPool | PostgresTarget | undefined, timeout: number): Promise<OpenPool> {
  if (source === undefined) throw new ConfigError(['STORE_URL names no PostgreSQL server']);
  if ('connect' in source) return { pool: source, ours: false };
  const { Pool } = (await loadDriver()).default;
  const pool: PostgresPool = new Pool({
    connectionString: source.connectionString,
    application_name: 'gatehouse',
    max: source.connections,
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    // The server gives up as well: nothing is done long after nobody waits for it any more.
    statement_timeout: timeout,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  return { pool, ours: true };
}

/**
 * A connection of its own beside the pool: with the settings of a pool that was handed in, or for a URL. None of a pool's own
 * connections, for there might be no other.
 */
export async function listenerOf(
  source: PostgresPool | PostgresTarget | undefined,
  timeout: number,
): Promise<PostgresListener> {
  if (source === undefined) throw new ConfigError(['STORE_URL names no PostgreSQL server']);
  const { Client } = (await loadDriver()).default;
  const client = new Client({
    ...('connect' in source ? optionsOf(source) : { connectionString: source.connectionString }),
    application_name: 'gatehouse-announcements',
    connectionTimeoutMillis: timeout,
    query_timeout: timeout,
    keepAlive: true,
  });
  // What breaks it before it is followed rejects `connect` as well.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** `pg` hides the password of a pool from enumeration. */
function optionsOf({ options }: PostgresPool): object {
  if (options === undefined) throw new Error('the pool does not tell how it connects, so nobody can listen');
  return { ...options, password: options.password };
}

async function loadDriver(): Promise<typeof import('pg')> {
  try {
    return await import('pg');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    throw new ConfigError(['STORE_URL names a PostgreSQL server, for which the package pg is needed: npm install pg']);
  }
}
