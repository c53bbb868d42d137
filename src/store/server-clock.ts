import type { Clock } from '../core/clock.ts';
import { Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { ServerState } from './shared-server.ts';

/** A clock that is kept right until it is stopped. */
export interface KeptClock {
  readonly clock: Clock;
  stop(): void;
}

/** What it is kept by. */
export interface ServerClockParts extends Pick<ServerState, 'time'> {
  /** Used where the server does not tell its time. */
  readonly fallback: Clock;
  readonly log: Log;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic?: () => number;
}

const sinceBoot = (): number => Number(process.hrtime.bigint()) / 1e6;

/** How often the server is asked again, and how slow an answer may be to count, in milliseconds. */
const EVERY_MS = 10_000;
const FAST_MS = 1000;

/**
 * The clock of the server that all nodes share, run on here between two looks by one that only runs forward: a wall clock
 * that jumps on this machine changes neither what is sealed nor what is revoked. Where the server never told its time, this
 * machine does.
 */
export async function serverClock(parts: ServerClockParts): Promise<KeptClock> {
  const { time, fallback, log, monotonic = sinceBoot } = parts;
  /** What the server's clock is ahead of the monotonic one, in milliseconds. */
  let ahead: number | undefined;
  const look = async (): Promise<void> => {
    const begun = monotonic();
    const server = await time();
    const took = monotonic() - begun;
    if (ahead === undefined || took < FAST_MS) ahead = server + took / 2 - monotonic();
  };
  await look().catch((error: unknown) =>
    log.warn('clock_of_this_node', error instanceof Unavailable ? { reason: error.reason } : { error }),
  );
  // What fails is asked again; until then the clock runs on.
  const timer = setInterval(() => void look().catch(() => undefined), EVERY_MS).unref();
  return {
    clock: () => (ahead === undefined ? fallback() : Math.floor((ahead + monotonic()) / 1000)),
    stop: () => clearInterval(timer),
  };
}
