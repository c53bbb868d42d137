/** Texts on their way out, by topic. */
export interface OutgoingTexts {
  /** Undefined in place of a text stands for anything. */
  add(topic: string, text: string | undefined): void;
  /** Sends now what waits. */
  flush(): void;
}

/** How long they are gathered, in milliseconds, and how many different ones of a topic go out one by one. */
const GATHER_MS = 5;
const MOST_AT_ONCE = 100;

/** Gathers them for a moment and sends equal ones once. Where there are too many of a topic, one goes out that stands for all. */
export function outgoingTexts(send: (topic: string, text: string | undefined) => void): OutgoingTexts {
  const waiting = new Map<string, Set<string | undefined>>();
  let timer: NodeJS.Timeout | undefined;
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const topics = [...waiting];
    waiting.clear();
    for (const [topic, texts] of topics) {
      const all = texts.has(undefined) || texts.size > MOST_AT_ONCE;
      for (const text of all ? [undefined] : texts) send(topic, text);
    }
  };
  return {
    flush,
    add(topic, text) {
      const texts = waiting.get(topic) ?? new Set();
      if (texts.size <= MOST_AT_ONCE) texts.add(text);
      waiting.set(topic, texts);
      timer ??= setTimeout(flush, GATHER_MS);
    },
  };
}
