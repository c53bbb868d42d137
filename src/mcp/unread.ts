/** How far the reader of one event stream is behind. */
export interface Unread {
  /** To be called for each message that is written, with its size in characters where it may be large. */
  wrote(size?: number): void;
  /** To be called for each part that is read. */
  read(part: Uint8Array): void;
  /** Whether so many times as much waits as a reader may leave lying. */
  isTooMuch(times?: number): boolean;
  /** Whether its reader, given a turn, has caught up, and nobody wrote meanwhile. One asks at a time: it is false for others. */
  caughtUp(): Promise<boolean>;
}

/** A client that reads so much slower than it is told things is better off without more of them, or coming back. */
const MOST_UNREAD = { messages: 2000, size: 1_048_576 };
/** What a keep-alive begins with: nobody has written that. */
const COMMENT = ':'.charCodeAt(0);

/** Nothing is written yet. Messages are read in the order they are written in, each as one part. */
export function countUnread(): Unread {
  const sizes: number[] = [];
  let sum = 0;
  let written = 0;
  let asked = false;
  const isTooMuch = (times = 1) => sizes.length > times * MOST_UNREAD.messages || sum > times * MOST_UNREAD.size;
  return {
    wrote(size = 0) {
      sizes.push(size);
      written += 1;
      sum += size;
    },
    read(part) {
      if (part[0] !== COMMENT) sum -= sizes.shift() ?? 0;
    },
    isTooMuch,
    async caughtUp() {
      if (asked) return false;
      asked = true;
      const before = written;
      await new Promise((resolve) => setImmediate(resolve));
      asked = false;
      return written === before && !isTooMuch();
    },
  };
}
