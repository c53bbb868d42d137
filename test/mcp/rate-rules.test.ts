import { array, assert, double, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type RateRule, slidingWindow, tokenBucket } from '../../src/mcp/middleware/rate-rules.ts';

/** When one caller tries, in milliseconds from one attempt to the next. */
const gaps = array(integer({ min: 0, max: 3000 }), { maxLength: 60 });
const calls = integer({ min: 1, max: 20 });
const seconds = double({ min: 0.1, max: 10, noNaN: true });

/** The times at which a caller was let through. */
function passed<S>(rule: RateRule<S>, waits: readonly number[]): number[] {
  let state: S | undefined;
  let now = 0;
  return waits.flatMap((gap) => {
    now += gap;
    const counted = rule(state, now);
    state = counted.state;
    return counted.wait === 0 ? [now] : [];
  });
}

/** The largest excess over what any span may hold. */
function mostIn(times: readonly number[], allowed: (span: number) => number): number {
  const excess = times.flatMap((from, first) => times.slice(first).map((to, more) => more + 1 - allowed(to - from)));
  return Math.max(0, ...excess);
}

describe('a token bucket', () => {
  it('never lets through more than its burst and what comes back', () => {
    assert(
      property(gaps, calls, seconds, integer({ min: 1, max: 10 }), (waits, rate, per, burst) => {
        const times = passed(tokenBucket({ calls: rate, seconds: per }, burst), waits);
        expect(mostIn(times, (span) => burst + (span * rate) / (per * 1000))).toBeLessThan(1e-6);
      }),
    );
  });

  it('lets a caller through who has waited as long as it said, and a quiet one as often as the burst', () => {
    assert(
      property(calls, seconds, integer({ min: 1, max: 10 }), (rate, per, burst) => {
        const rule = tokenBucket({ calls: rate, seconds: per }, burst);
        let state: ReturnType<typeof rule>['state'] | undefined;
        for (let call = 0; call < burst; call += 1) {
          const counted = rule(state, 5);
          expect(counted.wait).toBe(0);
          state = counted.state;
        }
        const { wait, state: empty } = rule(state, 5);
        expect(wait).toBeGreaterThan(0);
        expect(rule(empty, 5 + wait / 2).wait).toBeGreaterThan(0);
        expect(rule(empty, 5 + wait + 1e-3).wait).toBe(0);
      }),
    );
  });
});

describe('a sliding window', () => {
  it('never lets through more than its calls in any span', () => {
    assert(
      property(gaps, calls, seconds, (waits, most, per) => {
        const times = passed(slidingWindow({ calls: most, seconds: per }), waits);
        expect(mostIn(times, (span) => (span < per * 1000 ? most : Number.POSITIVE_INFINITY))).toBe(0);
      }),
    );
  });

  it('lets a caller through who has waited as long as it said, and remembers no more than it must', () => {
    assert(
      property(gaps, calls, seconds, (waits, most, per) => {
        const rule = slidingWindow({ calls: most, seconds: per });
        let state: readonly number[] | undefined;
        let now = 0;
        for (const gap of waits) {
          now += gap;
          const counted = rule(state, now);
          state = counted.state;
          expect(state.length).toBeLessThanOrEqual(most);
          if (counted.wait > 0) expect(rule(state, now + counted.wait).wait).toBe(0);
        }
      }),
    );
  });
});
