import type { Log } from '../core/log.ts';

const QUIET_MS = 60_000;

/** Logs a class of faults when it is first seen, and then once a minute at most however many calls it breaks. */
export function faultLog(
  log: Log,
  event: string,
  monotonic: () => number = () => performance.now(),
): (fault: string, message: string) => void {
  const seen = new Map<string, number>();
  return (fault, message) => {
    const before = seen.get(fault);
    if (before !== undefined && monotonic() - before < QUIET_MS) return;
    seen.set(fault, monotonic());
    log.error(event, { class: fault, reason: message });
  };
}
