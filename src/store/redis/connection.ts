import { ConfigError, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { DeadlinePassed, withDeadline } from '../deadline.ts';
import { faultLog } from '../fault-log.ts';
import { addressesOf, type RedisClient, redisClient } from './client.ts';
import { redisFault, unavailable } from './fault.ts';
import { type Durability, serverCheck } from './server-check.ts';
import { serversOf } from './servers.ts';
import type { RedisAddress, RedisTarget } from './url.ts';
import { watchClient } from './watch-client.ts';

/** What a connection is made from. `timeout` in milliseconds. */
export interface RedisConnectionParts {
  readonly target: RedisTarget;
  readonly timeout: number;
  readonly log: Log;
  readonly durability: readonly Durability[];
}

/** A way to Redis that opens itself again. */
export interface RedisConnection {
  /**
   * Runs a command once, on a server that was looked at, and settles within `timeout`. Rejects with Unavailable, and before
   * anything was ever answered with ConfigError where the server cannot be used at all.
   */
  run<T>(command: (client: RedisClient) => Promise<T>): Promise<T>;
  /** Another text when a server was started anew or took over from another: of the servers that `run` reaches now. */
  epoch(): Promise<string>;
  /** Where a message that is published to all can be heard. */
  addresses(): readonly RedisAddress[];
  /** Lets what is under way finish within `timeout`, then goes. */
  close(): Promise<void>;
}

const REFUSED_AT_THE_DOOR = ['NOAUTH', 'WRONGPASS', 'NOPERM'];

/** Connects at once, and again whenever the connection is lost. */
export function redisConnection({ target, timeout, log, durability }: RedisConnectionParts): RedisConnection {
  const client = redisClient(target, timeout);
  const report = faultLog(log, 'redis_fault');
  const watched = watchClient(client, report);
  const servers = serversOf(client, target.database, serverCheck(log, durability));
  const running = new Set<Promise<unknown>>();
  let opened = false;
  let closing = false;

  const settle = (error: unknown): Error => {
    if (error instanceof Unavailable) return error;
    if (error instanceof ConfigError) return opened ? new Unavailable('redis: UNSAFE', error) : error;
    const fault = redisFault(error);
    report(fault.class, fault.message);
    const wrong = !opened && REFUSED_AT_THE_DOOR.includes(fault.class);
    return wrong ? new ConfigError([`STORE_URL: ${fault.message}`]) : unavailable(fault);
  };

  const run = async <T>(command: (client: RedisClient) => Promise<T>): Promise<T> => {
    if (closing) throw new Unavailable('the Redis store is closed');
    const work = withDeadline(timeout, async (isOver) => {
      await watched.usable(servers.check);
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
  };

  return {
    run,
    epoch: () => run(servers.epoch),
    addresses: () => addressesOf(client, target),
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
