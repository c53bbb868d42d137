/** A limit on how long a far side may be silent. */
export interface TimeLimit {
  /** Aborts when it has run out, and when the signal that it was made with does. */
  readonly signal: AbortSignal;
  /** Why it has aborted before its signal did; undefined where it has not. */
  fault(): unknown;
  /** Aborts for another reason than time. */
  stop(fault: unknown): void;
  /** Starts it anew: the far side has given a sign of life. */
  restart(): void;
  /** Does not count while `wait` goes on: it is not the far side that is waited for. */
  pausedFor<T>(wait: () => Promise<T>): Promise<T>;
  end(): void;
}

/** Starts a limit of so many milliseconds; `tooLong` is what it aborts with. */
export function timeLimit(ms: number, signal: AbortSignal, tooLong: () => unknown): TimeLimit {
  const over = new AbortController();
  let pauses = 0;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const restart = (): void => {
    clearTimeout(timer);
    if (pauses === 0 && !ended) timer = setTimeout(() => over.abort(tooLong()), ms).unref();
  };
  restart();
  return {
    signal: AbortSignal.any([over.signal, signal]),
    fault: () => over.signal.reason,
    stop: (fault) => over.abort(fault),
    restart,
    async pausedFor(wait) {
      pauses += 1;
      clearTimeout(timer);
      try {
        return await wait();
      } finally {
        pauses -= 1;
        restart();
      }
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
