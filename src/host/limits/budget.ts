import { hash } from 'node:crypto';
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { Log } from '../../core/log.ts';
import { BoundedMemory } from './bounded-memory.ts';
import type { Count, SharedCounters } from './shared-counters.ts';

/** How many requests each caller may send in a span of time. */
export interface Budget {
  /** Counts one. Undefined when there was room, else the whole seconds until there is. */
  take(caller: string): Promise<number | undefined>;
  /** The same without counting. */
  look(caller: string): Promise<number | undefined>;
}

/** What all budgets of a host have in common. */
export interface BudgetParts {
  /** Mixed into what callers are known by, so that nobody can tell them from it. */
  readonly secret: string;
  readonly log: Log;
  /** Left out: this process counts for itself. */
  readonly shared?: SharedCounters | undefined;
  /** How many callers each budget remembers in memory. */
  readonly room?: number;
}

/** About 5 MB a budget at most. */
const ROOM = 10_000;

/** A budget of `points` requests in `duration` seconds for each caller, counted from a caller's first request on. */
export function createBudget(
  name: string,
  { points, duration }: { readonly points: number; readonly duration: number },
  { secret, log, shared, room = ROOM }: BudgetParts,
): Budget {
  const local = new BoundedMemory({ points, duration }, room);
  const remote = shared?.limiter(name, points, duration);
  const run = <T>(count: Count<T>): Promise<T> =>
    shared === undefined || remote === undefined ? count(local) : shared.run(remote, local, count);
  const keyOf = (caller: string) => hash('sha256', `${secret}\n${name}\n${caller}`, 'base64url').slice(0, 22);
  return {
    async take(caller) {
      const key = keyOf(caller);
      try {
        await run((counters) => counters.consume(key));
        return undefined;
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        const retryAfter = wait(error);
        // Told once a span: a flood must not fill the log.
        if (error.consumedPoints === points + 1)
          log.warn('limited', { budget: name, caller: key.slice(0, 8), retryAfter });
        return retryAfter;
      }
    },
    async look(caller) {
      const counted = await run((counters) => counters.get(keyOf(caller)));
      return counted !== null && counted.msBeforeNext > 0 && counted.consumedPoints >= points
        ? wait(counted)
        : undefined;
    },
  };
}

/** RFC 9110 §10.2.3: whole seconds. */
const wait = ({ msBeforeNext }: RateLimiterRes): number => Math.max(1, Math.ceil(msBeforeNext / 1000));
