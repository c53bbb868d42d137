/**
 * Word between the nodes of one deployment: that something changed, and should be looked at again. Never the thing itself:
 * whoever can reach the server that carries it could have said it. What is not heard must be found by polling.
 */
export interface Announcements {
  /** Tells every node, this one included, at most once each. Never throws, and is lost where nobody carries it. */
  publish(topic: string, text: string): void;
  /** Hears what is published from now on. `listener` must not throw and must cost little. The answer ends it. */
  subscribe(topic: string, listener: AnnouncementListener): () => void;
}

/** Undefined in place of a text: word may have been missed, so everything that is remembered must be looked at again. */
export type AnnouncementListener = (text: string | undefined) => void;

/** Listeners by topic. */
export interface AnnouncementListeners {
  subscribe: Announcements['subscribe'];
  /** Tells the listeners of a topic. */
  tell(topic: string, text: string | undefined): void;
  /** Tells every listener that word may have been missed. */
  tellMissed(): void;
}

/** Nobody listens yet. */
export function announcementListeners(): AnnouncementListeners {
  const listeners = new Map<string, Set<AnnouncementListener>>();
  const tell = (topic: string, text: string | undefined): void => {
    for (const listener of [...(listeners.get(topic) ?? [])]) listener(text);
  };
  return {
    tell,
    tellMissed() {
      for (const topic of [...listeners.keys()]) tell(topic, undefined);
    },
    subscribe(topic, listener) {
      const heard = listeners.get(topic) ?? new Set();
      // Wrapped: the same listener may subscribe twice.
      const mine: AnnouncementListener = (text) => listener(text);
      listeners.set(topic, heard.add(mine));
      return () => {
        heard.delete(mine);
        if (heard.size === 0 && listeners.get(topic) === heard) listeners.delete(topic);
      };
    },
  };
}

/** The same announcements, until `end` is called: then whoever listens through these hears nothing more. */
export function endable({ publish, subscribe }: Announcements): Announcements & { end(): void } {
  const stops = new Set<() => void>();
  return {
    publish,
    subscribe(topic, listener) {
      const stop = subscribe(topic, listener);
      stops.add(stop);
      return () => {
        stops.delete(stop);
        stop();
      };
    },
    end() {
      for (const stop of stops) stop();
      stops.clear();
    },
  };
}

/** Word within this process, where there is no other node. */
export function localAnnouncements(): Announcements {
  const { subscribe, tell } = announcementListeners();
  return { subscribe, publish: tell };
}
