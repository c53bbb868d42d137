import type { KeyRing, Opened } from './key-ring.ts';

/** Of each of the two halves; at most some 30 MB together. Longer texts are opened each time. */
const TEXTS = 4000;
const LONGEST = 2048;

interface Remembered {
  readonly at: number;
  readonly opened: Opened;
}

/**
 * The same ring, which opens a text that it has sealed or opened lately from memory: requests read the same client and person
 * again and again, and a code soon after it was made. Only what was genuine is remembered, by the whole of its text: an
 * altered one is looked at like any other.
 */
export function rememberOpened(ring: KeyRing): KeyRing {
  let recent = new Map<string, Remembered>();
  let before = new Map<string, Remembered>();
  const remember = (sealed: string, what: Remembered): void => {
    if (sealed.length > LONGEST) return;
    if (recent.size >= TEXTS) {
      before = recent;
      recent = new Map();
    }
    recent.set(sealed, what);
  };
  return {
    ...ring,
    seal(plaintext, now) {
      const sealed = ring.seal(plaintext, now);
      remember(sealed, { at: now, opened: { state: 'opened', plaintext } });
      return sealed;
    },
    open(sealed, now) {
      const fresh = recent.get(sealed);
      const known = fresh ?? before.get(sealed);
      // A clock that was put back may find the text to be from the future.
      const what = known !== undefined && known.at <= now ? known : { at: now, opened: ring.open(sealed, now) };
      if (what !== fresh && what.opened.state === 'opened') remember(sealed, what);
      return what.opened;
    },
  };
}
