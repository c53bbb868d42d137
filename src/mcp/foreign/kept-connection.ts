import type { Clock } from '../../core/clock.ts';
import { GatehouseError, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { ToolError } from '../tool-error.ts';
import type { Connection } from './connection.ts';

/** A connection that is made when it is needed, and made again after it was lost. */
export interface KeptConnection {
  /** Rejects with Unavailable while the server cannot be reached: at once, where it was tried a moment ago. */
  get(): Promise<Connection>;
  close(): Promise<void>;
}

/** What it depends on. */
export interface KeptParts {
  readonly clock: Clock;
  readonly log: Log;
  connect(): Promise<Connection>;
  /** Called when a connection is lost that had been made. */
  onLost(): void;
}

/**
 * Seconds until the next attempt: none after the first failure, then 1, doubled with each. A connection that is lost sooner
 * than SHORT is a failure too.
 */
const LONGEST_WAIT = 60;
const SHORT = 10;

/** No connection yet. */
export function keptConnection({ clock, log, connect, onLost }: KeptParts): KeptConnection {
  let current: Promise<Connection> | undefined;
  let failures = 0;
  let notBefore = 0;
  let closing = false;
  const failed = (error: unknown): void => {
    failures += 1;
    const wait = failures === 1 ? 0 : Math.min(LONGEST_WAIT, 2 ** (failures - 2));
    notBefore = clock() + wait;
    log.warn('foreign_connection_failed', { failures, wait, error });
  };
  const lost = (since: number, ended: boolean): void => {
    if (clock() - since >= SHORT) failures = 0;
    else if (ended) failed(new Error('The server ended the connection soon after it was made.'));
    onLost();
  };
  const begin = async (): Promise<Connection> => {
    const connecting = connect();
    current = connecting;
    const forget = () => {
      if (current === connecting) current = undefined;
    };
    try {
      const connection = await connecting;
      const since = clock();
      void connection.closed.then((how) => {
        forget();
        if (!closing) lost(since, how === 'ended');
      });
      return connection;
    } catch (error) {
      forget();
      if (!isCallers(error)) failed(error);
      throw error;
    }
  };
  return {
    async get() {
      if (closing) throw new Unavailable('foreign_server_closed');
      if (current !== undefined) return current;
      const wait = notBefore - clock();
      if (wait > 0) throw new Unavailable('foreign_unreachable', undefined, wait);
      return begin();
    },
    async close() {
      closing = true;
      const connection = await current?.catch(() => undefined);
      await connection?.close();
    },
  };
}

/** Whether it is the caller's own sign-in that is at fault: that says nothing about the server. */
const isCallers = (error: unknown): boolean =>
  error instanceof ToolError || (error instanceof GatehouseError && !(error instanceof Unavailable));
