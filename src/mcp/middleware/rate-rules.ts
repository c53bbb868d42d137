/** What a rule remembers of one caller, and how long until there is room: 0 where the call was counted. Milliseconds. */
export interface Counted<S> {
  readonly state: S;
  readonly wait: number;
}

/** How often a caller may call. `now` never goes back. */
export type RateRule<S> = (state: S | undefined, now: number) => Counted<S>;

/** So many calls in so many seconds. */
export interface Rate {
  readonly calls: number;
  readonly seconds: number;
}

/** A bucket as it was when it was last looked at. */
export interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/**
 * Token bucket: `burst` calls at once, and then as many as `rate` brings back, evenly. In any span there are at most `burst` and what
 * the span brings back.
 */
export function tokenBucket({ calls, seconds }: Rate, burst: number): RateRule<Bucket> {
  const perMillisecond = calls / (seconds * 1000);
  return (bucket = { tokens: burst, at: Number.NEGATIVE_INFINITY }, now) => {
    const tokens = Math.min(burst, bucket.tokens + Math.max(0, now - bucket.at) * perMillisecond);
    if (tokens >= 1) return { state: { tokens: tokens - 1, at: now }, wait: 0 };
    return { state: { tokens, at: now }, wait: (1 - tokens) / perMillisecond };
  };
}

/** Sliding window: at most `calls` in any span of `seconds`. It remembers when each of them was. */
export function slidingWindow({ calls, seconds }: Rate): RateRule<readonly number[]> {
  const span = seconds * 1000;
  return (times = [], now) => {
    const recent = times.filter((time) => now - time < span);
    const [oldest = now] = recent;
    if (recent.length < calls) return { state: [...recent, now], wait: 0 };
    return { state: recent, wait: oldest + span - now };
  };
}
