import { type RateLimiterAbstract, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import type { Log } from '../../core/log.ts';
import { faultLog } from '../../store/fault-log.ts';
import { type RedisClient, redisClient } from '../../store/redis/client.ts';
import { redisFault } from '../../store/redis/fault.ts';
import { redisTarget } from '../../store/redis/url.ts';

/** Counters that all nodes share, with those of this process behind them. */
export interface SharedCounters {
  /** Counters of one budget, which last for `duration` seconds. */
  limiter(budget: string, points: number, duration: number): RateLimiterAbstract;
  /** Counts with `shared`; with `local` while Redis does not answer. Rejects with RateLimiterRes only. */
  run<T>(shared: RateLimiterAbstract, local: RateLimiterAbstract, count: Count<T>): Promise<T>;
  /** Whether Redis is being asked. */
  answers(): boolean;
  close(): void;
}

/** One step on whichever counters it is given. */
export type Count<T> = (counters: RateLimiterAbstract) => Promise<T>;

/** Longest wait for a count, and how long Redis is left alone after one that failed. Milliseconds. */
const ANSWER_MS = 500;
const PAUSE_MS = 5000;

/**
 * Counters in the Redis of STORE_URL, over a connection of their own: a limiter that is slow must never hold up the store.
 * Their keys begin beside those of the store, not among them.
 */
export function sharedCounters(url: string, log: Log): SharedCounters {
  const target = redisTarget(url);
  const client = redisClient(target, ANSWER_MS);
  const report = faultLog(log, 'limits_not_shared');
  const told = (error: unknown) => {
    const { class: fault, message } = redisFault(error);
    report(fault, message);
  };
  client.on('error', told);
  let paused: NodeJS.Timeout | undefined;
  const pause = (error: unknown) => {
    told(error);
    clearTimeout(paused);
    paused = setTimeout(() => {
      paused = undefined;
    }, PAUSE_MS);
    paused.unref();
  };
  const prefix = (target.prefix ?? 'gatehouse:').replace(/:?$/, '-limit:');
  const answers = () => paused === undefined && client.status === 'ready';
  return {
    limiter: (budget, points, duration) => redisLimiter(client, `${prefix}${budget}`, points, duration),
    async run(shared, local, count) {
      if (!answers()) return count(local);
      try {
        return await count(shared);
      } catch (error) {
        if (error instanceof RateLimiterRes) throw error;
        pause(error);
        return count(local);
      }
    },
    answers,
    close() {
      clearTimeout(paused);
      client.disconnect();
    },
  };
}

/** One script a count; whoever is over the limit is refused from memory until there is room. */
const redisLimiter = (storeClient: RedisClient, keyPrefix: string, points: number, duration: number) =>
  new RateLimiterRedis({ storeClient, keyPrefix, points, duration, inMemoryBlockOnConsumed: points + 1 });
