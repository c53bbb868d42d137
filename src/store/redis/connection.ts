import type { EventEmitter } from 'node:events';
import { Cluster, type Redis } from 'ioredis';
import { ConfigError, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { DeadlinePassed, withDeadline } from '../deadline.ts';
import { faultLog } from '../fault-log.ts';
import { type RedisClient, redisClient } from './client.ts';
import { redisFault, unavailable } from './fault.ts';
import { checkServer } from './server-check.ts';
import type { RedisTarget } from './url.ts';

/** What a connection is made from. `timeout` in milliseconds. */
export interface RedisConnectionParts {
  readonly target: RedisTarget;
  readonly timeout: number;
  readonly log: Log;
}

/** A way to Redis that opens itself again. */
export interface RedisConnection {
  /**
   * Runs a command once, on a server that was looked at, and settles within `timeout`. Rejects with Unavailable, and before
   * anything was ever answered with ConfigError where the server cannot be used at all.
   */
  run<T>(command: (client: RedisClient) => Promise<T>): Promise<T>;
  /** Lets what is under way finish within `timeout`, then goes. */
  close(): Promise<void>;
}

/** `coming`: the first attempt, or the first after a loss; `down`: that one failed too, more are made meanwhile. */
type State = 'coming' | 'up' | 'down' | 'closed';

const REFUSED_AT_THE_DOOR = ['NOAUTH', 'WRONGPASS', 'NOPERM'];

/** Connects at once, and again whenever the connection is lost. */
export function redisConnection({ target, timeout, log }: RedisConnectionParts): RedisConnection {
  const client = redisClient(target, timeout);
  const watched = watch(client, log);
  const running = new Set<Promise<unknown>>();
  let opened = false;
  let closing = false;

  const settle = (error: unknown): Error => {
    if (error instanceof Unavailable) return error;
    if (error instanceof ConfigError) return opened ? new Unavailable('redis: UNSAFE', error) : error;
    const fault = redisFault(error);
    watched.report(fault.class, fault.message);
    const wrong = !opened && REFUSED_AT_THE_DOOR.includes(fault.class);
    return wrong ? new ConfigError([`STORE_URL: ${fault.message}`]) : unavailable(fault);
  };

  return {
    async run(command) {
      if (closing) throw new Unavailable('the Redis store is closed');
      const work = withDeadline(timeout, async (isOver) => {
        await watched.usable(() => check(client, target.database, log));
        opened = true;
        if (isOver()) throw new DeadlinePassed(timeout);
        return command(client);
      });
      running.add(work);
      try {
        return await work;
      } catch (error) {
        throw settle(error);
      } finally {
        running.delete(work);
      }
    },
    async close() {
      if (closing) return;
      closing = true;
      await Promise.allSettled(running);
      const wasUp = watched.state() === 'up';
      watched.end();
      // A server that does not say goodbye in time is left without.
      if (wasUp) await withDeadline(timeout, () => client.quit()).catch(() => undefined);
      client.disconnect();
    },
  };
}

/** Follows the state of a client through its events. */
function watch(client: RedisClient, log: Log) {
  const report = faultLog(log, 'redis_fault');
  let state: State = 'coming';
  let turn = Promise.withResolvers<void>();
  let lastError: unknown;
  let checked: Promise<void> | undefined;
  const enter = (next: State): void => {
    if (state === 'closed') return;
    state = next;
    checked = undefined;
    turn.resolve();
    turn = Promise.withResolvers();
  };
  const failed = (error: unknown): void => {
    if (state === 'closed') return;
    lastError = error;
    const fault = redisFault(error);
    report(fault.class, fault.message);
    if (state === 'coming' && !isOfSelect(error)) enter('down');
  };
  const events: EventEmitter = client;
  events.on('ready', () => enter('up'));
  events.on('close', () => (state === 'up' ? enter('coming') : failed(lastError)));
  events.on('error', failed);
  events.on('node error', (error: unknown) => {
    const fault = redisFault(error);
    report(fault.class, fault.message);
  });
  return {
    report,
    state: (): State => state,
    end: () => enter('closed'),
    /** Waits for the attempt that is being made, and for the look at the server behind a new connection. */
    async usable(check: () => Promise<void>): Promise<void> {
      if (state === 'coming') await turn.promise;
      if (state !== 'up') throw lastError ?? new Error('Connection is closed.');
      checked ??= check();
      const mine = checked;
      try {
        await mine;
      } catch (error) {
        if (checked === mine) checked = undefined;
        throw error;
      }
    },
  };
}

async function check(client: RedisClient, database: number, log: Log): Promise<void> {
  if (client instanceof Cluster) return checkCluster(client, log);
  if (database > 0) await select(client, database);
  if ((await checkServer(client, log)) === 'primary') return;
  client.disconnect(true);
  throw new Error('READONLY');
}

/** The client is ready all the same, and the look at the server comes to the same refusal. */
const isOfSelect = (error: unknown): boolean =>
  error instanceof Error && 'command' in error && (error.command as { readonly name?: unknown }).name === 'select';

/** The client goes on in database 0 where it may not select another. */
async function select(client: Redis, database: number): Promise<void> {
  try {
    await client.call('select', database);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('out of range')) throw error;
    throw new ConfigError([`STORE_URL names database ${database}, which the Redis server does not have`]);
  }
}

/** Nodes that do not answer are left to their slots; one that would lose records is enough to refuse. */
async function checkCluster(cluster: Cluster, log: Log): Promise<void> {
  const looks = await Promise.allSettled(cluster.nodes('master').map((node) => checkServer(node, log)));
  const faults = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason] : []));
  const fatal = faults.find((reason) => reason instanceof ConfigError);
  if (fatal !== undefined || faults.length === looks.length) throw fatal ?? faults[0] ?? new Error('CLUSTERDOWN');
}
