import type { Clock } from '../core/clock.ts';
import { Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { CLOCK_SKEW } from '../gate/claims.ts';

/** How long a clock that was right counts as right, and how often one that is wrong is told of, in milliseconds. */
const TRUSTED_MS = 10_000;
const QUIET_MS = 60_000;

/** What a clock is compared with: `time` in milliseconds since 1970. */
export interface ClockWatchParts {
  time(): Promise<number>;
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic?: () => number;
}

/**
 * Compares the clock of this node with the one of the server that all nodes share. Rejects with Unavailable while they are
 * more than CLOCK_SKEW apart: two nodes that pass are then at most twice that apart, which tokens and sealed records bear.
 * A server that does not tell its time keeps nobody from being ready.
 */
export function clockWatch({ time, clock, log, monotonic = () => performance.now() }: ClockWatchParts) {
  let rightAt = -Infinity;
  const tell = new Map<string, number>();
  const once = (event: string, write: () => void): void => {
    if (monotonic() - (tell.get(event) ?? -Infinity) < QUIET_MS) return;
    tell.set(event, monotonic());
    write();
  };
  const offset = async (): Promise<number | undefined> => {
    const [begun, before] = [monotonic(), clock()];
    const server = await time().catch((error: unknown) => {
      once('clock_unchecked', () => log.warn('clock_unchecked', { error }));
      return undefined;
    });
    // Of a whole second it is the middle, of a round trip the half.
    const now = before + 0.5 + (monotonic() - begun) / 2000;
    return server === undefined ? undefined : now - server / 1000;
  };
  return async (): Promise<void> => {
    if (monotonic() - rightAt < TRUSTED_MS) return;
    const apart = await offset();
    if (apart === undefined) return;
    if (Math.abs(apart) <= CLOCK_SKEW) {
      rightAt = monotonic();
      return;
    }
    once('clock_skew', () => log.error('clock_skew', { offset: Math.round(apart), allowed: CLOCK_SKEW }));
    throw new Unavailable('clock_skew');
  };
}
