import { withSignal } from './changed-context.ts';
import type { CallContext } from './context.ts';
import { ToolError } from './tool-error.ts';

/**
 * What `work` comes to within so many seconds. Then its signal aborts and a ToolError says so, whatever it still does; undefined
 * leaves it all the time it wants.
 */
export async function withinTime<T>(
  seconds: number | undefined,
  item: string,
  context: CallContext,
  work: (context: CallContext) => Promise<T>,
): Promise<T> {
  if (seconds === undefined) return work(context);
  const late = new AbortController();
  const working = work(withSignal(context, AbortSignal.any([context.signal, late.signal])));
  const timedOut = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new ToolError(`This took longer than ${seconds} s and was given up.`);
    context.log.warn('handler_timed_out', { item, seconds });
    working.catch((cause: unknown) => context.log.debug('handler_failed_late', { item, error: cause }));
    timedOut.reject(error);
    late.abort(error);
  }, seconds * 1000);
  try {
    return await Promise.race([working, timedOut.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Throws TypeError for what is no time in seconds, up to a day. */
export function checkTimeout(seconds: number | undefined, label: string): void {
  if (seconds === undefined || (Number.isFinite(seconds) && seconds > 0 && seconds <= 86_400)) return;
  throw new TypeError(`${label}: timeout must be seconds, more than 0 and a day at most.`);
}
