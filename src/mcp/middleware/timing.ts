import type { Middleware, Operation } from './middleware.ts';
import { type Ending, ending } from './outcome.ts';

/** One operation that has ended. */
export interface Timing {
  readonly milliseconds: number;
  readonly ending: Ending;
}

/** How operations are timed. */
export interface TimingOptions {
  /** Told of each one that has ended: for a metric. Left out: a line of the log, `operation_timed`. */
  readonly told?: (operation: Operation, timing: Timing) => void;
  /** Milliseconds: quicker ones are not told of. Default 0. */
  readonly slowerThan?: number;
  /** Milliseconds that only go forward. */
  readonly monotonic?: () => number;
}

/** Tells how long each operation took. What it waited for before the gate let it pass is not counted. */
export function timing({
  told = logTiming,
  slowerThan = 0,
  monotonic = () => performance.now(),
}: TimingOptions = {}): Middleware {
  return {
    request(operation, next) {
      const begun = monotonic();
      return ending(next, (how) => {
        const milliseconds = monotonic() - begun;
        if (milliseconds >= slowerThan) told(operation, { milliseconds, ending: how });
      });
    },
  };
}

const logTiming = ({ kind, server, item, context }: Operation, { milliseconds, ending: how }: Timing): void =>
  context.log.info('operation_timed', {
    operation: kind,
    server: server.name,
    ...(item !== undefined && { item: item.definedAs }),
    milliseconds: Math.round(milliseconds * 10) / 10,
    ending: how,
  });
