import type { KeyRing, Opened } from './key-ring.ts';

/** Characters of each of the two halves, sealed and open: some 30 MB together. Longer texts are opened each time. */
const ROOM = 16_000_000;
/** What an entry takes beside them. */
const ENTRY = 200;
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
  let room = ROOM;
  const remember = (sealed: string, at: number, plaintext: string): void => {
    if (sealed.length > LONGEST) return;
    room -= sealed.length + plaintext.length + ENTRY;
    if (room < 0) {
      before = recent;
      recent = new Map();
      room = ROOM;
    }
    recent.set(sealed, { at, opened: { state: 'opened', plaintext } });
  };
  return {
    ...ring,
    seal(plaintext, now) {
      const sealed = ring.seal(plaintext, now);
      remember(sealed, now, plaintext);
      return sealed;
    },
    open(sealed, now) {
      const fresh = recent.get(sealed);
      const known = fresh ?? before.get(sealed);
      // A clock that was put back may find the text to be from the future.
      const what = known !== undefined && known.at <= now ? known : { at: now, opened: ring.open(sealed, now) };
      if (what !== fresh && what.opened.state === 'opened') remember(sealed, what.at, what.opened.plaintext);
      return what.opened;
    },
  };
}
