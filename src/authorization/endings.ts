import type { Announcements } from '../core/announcements.ts';
import { REVOKED } from './revocations.ts';

/** For those who keep something open for a token: tells when they should ask again whether it is good. */
export interface Endings {
  /**
   * Calls `listener` soon after a token may have been ended, on whichever node: at once where word comes, within about half a
   * second where none does. The store is asked only while somebody watches. The answer ends it.
   */
  watch(listener: () => void): () => void;
  /** Calls all of them: something else has ended tokens. */
  tell(): void;
}

/** What they are noticed by. */
export interface EndingsParts {
  readonly announcements: Announcements;
  /** Whether anything was ended since this was last asked. */
  readonly changed: () => Promise<boolean>;
}

const POLL_MS = 400;
/** How soon watchers are called, and how soon again: what is ended, or said to be, at the same time costs one look. */
const GATHER_MS = 50;
const REST_MS = 400;

/** Listens for word of revocations, and asks behind it. */
export function endings({ announcements, changed }: EndingsParts): Endings {
  const listeners = new Set<() => void>();
  let stop: (() => void) | undefined;
  const tell = inTurn(() => {
    for (const listener of [...listeners]) listener();
  });
  const poll = async (): Promise<void> => {
    // A store that does not answer has ended nothing: what it missed is told when it answers again.
    if (await changed().catch(() => false)) tell();
  };
  const start = (): (() => void) => {
    const stopHearing = announcements.subscribe(REVOKED, tell);
    const timer = setInterval(poll, POLL_MS).unref();
    return () => {
      clearInterval(timer);
      stopHearing();
    };
  };
  return {
    tell,
    watch(listener) {
      const mine = () => listener();
      listeners.add(mine);
      stop ??= start();
      return () => {
        listeners.delete(mine);
        if (listeners.size > 0) return;
        stop?.();
        stop = undefined;
      };
    },
  };
}

/** Calls `act` soon after it is asked for, however often that is, and then rests. */
function inTurn(act: () => void): () => void {
  let state: 'idle' | 'soon' | 'resting' | 'again' = 'idle';
  const turn = (): void => {
    state = 'resting';
    act();
    setTimeout(() => {
      if (state === 'again') turn();
      else state = 'idle';
    }, REST_MS).unref();
  };
  return () => {
    if (state === 'resting') state = 'again';
    if (state !== 'idle') return;
    state = 'soon';
    setTimeout(turn, GATHER_MS).unref();
  };
}
