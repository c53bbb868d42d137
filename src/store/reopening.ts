import type { CarrierEar } from './announcing.ts';

/** What an attempt tells of itself. Only the latest one is listened to. */
export interface Attempt {
  opened(): void;
  /** It is over. The next one begins a little later, or after `pause` milliseconds. */
  lost(pause?: number): void;
}

/** Begins an attempt. The answer ends it. */
export type Open = (attempt: Attempt) => () => Promise<void>;

const PAUSE_MS = { first: 50, most: 1000 };

/** Keeps something open that can be lost: after each loss it is opened anew, after ever longer pauses while that fails. */
export function reopening(open: Open): CarrierEar {
  let failures = 0;
  let current = 0;
  let timer: NodeJS.Timeout | undefined;
  let end: () => Promise<void>;
  const begin = (): void => {
    current += 1;
    const mine = current;
    end = open({
      opened() {
        if (mine === current) failures = 0;
      },
      lost(pause = Math.min(PAUSE_MS.first * 2 ** failures, PAUSE_MS.most)) {
        if (mine !== current) return;
        current += 1;
        failures = Math.min(failures + 1, 10);
        timer = setTimeout(begin, pause).unref();
      },
    });
  };
  const stop = (): Promise<void> => {
    current += 1;
    clearTimeout(timer);
    return end();
  };
  begin();
  return {
    renew() {
      void stop();
      begin();
    },
    close: () => stop(),
  };
}
