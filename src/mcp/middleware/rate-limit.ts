import { TooManyRequests } from '../../core/errors.ts';
import { principalKey } from '../../core/principal.ts';
import { recentMap } from '../../core/recent-map.ts';
import type { CallState } from '../call-state.ts';
import type { Middleware, Operation } from './middleware.ts';
import { type Rate, type RateRule, slidingWindow, tokenBucket } from './rate-rules.ts';

/** How often each caller may ask something of a server. */
export interface RateLimitOptions extends Rate {
  /**
   * `bucket` (the default) lets a caller who was quiet do several calls at once; `window` counts exactly, and remembers each call:
   * at most 1,000 of them.
   */
  readonly by?: 'bucket' | 'window';
  /** Of a bucket: how many calls at once. Default twice the rate of a second, at least 1. */
  readonly burst?: number;
  /** Who is counted together; undefined is not counted. Default: the principal, through whichever app. */
  readonly caller?: (operation: Operation) => string | undefined;
  /** How many callers are remembered; beyond, the one that called longest ago is forgotten. Default 10,000. */
  readonly room?: number;
  /** Milliseconds that only go forward. */
  readonly monotonic?: () => number;
}

const MOST_REMEMBERED = 1000;

/**
 * Refuses what a caller asks too often with TooManyRequests: 429 with `Retry-After`. A request counts once, whatever its handler reads
 * on the way. Each process counts for itself; `limit` of a tool is counted for all. Throws TypeError for numbers that cannot work.
 */
export function rateLimit(options: RateLimitOptions): Middleware {
  checkRate(options);
  const { calls, seconds, by = 'bucket', burst = Math.max(1, Math.ceil((2 * calls) / seconds)) } = options;
  return by === 'window'
    ? limitedBy(slidingWindow({ calls, seconds }), options)
    : limitedBy(tokenBucket({ calls, seconds }, burst), options);
}

function limitedBy<S>(
  rule: RateRule<S>,
  { caller = callerOf, room = 10_000, monotonic = () => performance.now() }: RateLimitOptions,
): Middleware {
  const callers = recentMap<{ readonly state: S }>(room);
  const counted = new WeakSet<CallState>();
  return {
    async request(operation, next) {
      const { state: request } = operation.context;
      const key = counted.has(request) ? undefined : caller(operation);
      if (key === undefined) return next();
      counted.add(request);
      const { state, wait } = rule(callers.get(key)?.state, monotonic());
      callers.set(key, { state });
      if (wait > 0) throw new TooManyRequests('middleware', Math.max(1, Math.ceil(wait / 1000)));
      return next();
    },
  };
}

const callerOf = ({ context }: Operation): string => principalKey(context.principal);

function checkRate({ calls, seconds, by = 'bucket', burst = 1, room = 1 }: RateLimitOptions): void {
  const whole = [calls, burst, room].every((number) => Number.isSafeInteger(number) && number > 0);
  if (!whole || !(seconds > 0) || !Number.isFinite(seconds)) {
    throw new TypeError('rateLimit: calls, burst and room must be whole numbers from 1, and seconds more than 0.');
  }
  if (by !== 'bucket' && by !== 'window') throw new TypeError('rateLimit: by must be "bucket" or "window".');
  if (by === 'window' && calls > MOST_REMEMBERED) {
    throw new TypeError(`rateLimit: a window remembers each call, at most ${MOST_REMEMBERED} of them: use a bucket.`);
  }
}
