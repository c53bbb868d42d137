import { ConfigError, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { DeadlinePassed, withDeadline } from '../deadline.ts';
import { faultLog } from '../fault-log.ts';
import { postgresFault } from './fault.ts';
import type { OpenPool, PostgresClient, PostgresResult } from './pool.ts';
import type { Statements } from './statements.ts';

/** What a connection is made from. `timeout` in milliseconds. */
export interface PostgresConnectionParts {
  open(): Promise<OpenPool>;
  readonly prepare: Statements['prepare'];
  readonly timeout: number;
  readonly log: Log;
}

/** A way to the table, which is made with the first call. */
export interface PostgresConnection {
  /**
   * Runs one statement once and settles within the timeout. Rejects with Unavailable, and before anything was ever answered
   * with ConfigError where the server cannot be used at all.
   */
  run(text: string, values: unknown[]): Promise<PostgresResult>;
  close(): Promise<void>;
}

/** Nothing is opened before the first call. */
export function postgresConnection({ open, prepare, timeout, log }: PostgresConnectionParts): PostgresConnection {
  const report = faultLog(log, 'postgres_fault');
  let pool: Promise<OpenPool> | undefined;
  let prepared = false;
  let closed = false;

  const openPool = async (): Promise<OpenPool> => {
    const opened = await open();
    // A connection that is lost while nobody uses it; the pool has dropped it.
    opened.pool.on('error', (error) => {
      const fault = postgresFault(error);
      report(fault.class, fault.message);
    });
    return opened;
  };
  const connect = async (): Promise<PostgresClient> => {
    pool ??= openPool();
    return (await pool).pool.connect();
  };
  const settle = (error: unknown): Error => {
    if (closed) return new Unavailable('the PostgreSQL store is closed');
    if (error instanceof ConfigError) return error;
    const fault = postgresFault(error);
    report(fault.class, fault.message);
    if (!prepared && fault.remedy !== undefined)
      return new ConfigError([`STORE_URL: ${fault.message}; ${fault.remedy}`]);
    return new Unavailable(`postgres: ${fault.class}`, new Error(fault.message));
  };

  return {
    async run(text, values) {
      try {
        if (closed) throw new Error('closed');
        return await withDeadline(timeout, async (isOver) => {
          const client = await connect();
          return use(client, async () => {
            if (isOver()) throw new DeadlinePassed(timeout);
            if (!prepared) await makeTable(client, prepare);
            prepared = true;
            return client.query(text, values);
          });
        });
      } catch (error) {
        throw settle(error);
      }
    },
    async close() {
      if (closed) return;
      closed = true;
      const opened = await pool?.catch(() => undefined);
      // A server that does not say goodbye in time is left without.
      if (opened?.ours) await withDeadline(timeout, () => opened.pool.end()).catch(() => undefined);
    },
  };
}

/** A connection on which anything failed is not used again: an answer may still be on its way. */
async function use(client: PostgresClient, action: () => Promise<PostgresResult>): Promise<PostgresResult> {
  let failed = true;
  client.on('error', passOver);
  try {
    const result = await action();
    failed = false;
    return result;
  } finally {
    client.release(failed);
    client.off('error', passOver);
  }
}

/** What breaks a connection rejects the statement under way as well, which tells of it. */
const passOver = (): void => undefined;

/** Asks first: whoever may not make tables can be given one. */
async function makeTable(client: PostgresClient, { isThere, make }: Statements['prepare']): Promise<void> {
  const { rows } = await client.query(isThere);
  if (rows[0]?.there !== true) await client.query(make);
}
