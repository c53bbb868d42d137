/**
 * Word between the nodes of one deployment: that something changed, and should be looked at again. Never the thing itself:
 * whoever can reach the server that carries it could have said it. What is not heard must be found by polling.
 */
export interface Announcements {
  /** Tells every node, this one included, at most once each. Never throws, and is lost where nobody carries it. */
  publish(topic: string, text: string): void;
  /** Hears what is published from now on. `listener` must not throw. The answer ends it. */
  subscribe(topic: string, listener: (text: string) => void): () => void;
}

/** Word within this process, where there is no other node. */
export function localAnnouncements(): Announcements {
  const listeners = new Map<string, Set<(text: string) => void>>();
  return {
    publish(topic, text) {
      for (const listener of [...(listeners.get(topic) ?? [])]) listener(text);
    },
    subscribe(topic, listener) {
      const heard = listeners.get(topic) ?? new Set();
      // Wrapped: the same listener may subscribe twice.
      const mine = (text: string) => listener(text);
      listeners.set(topic, heard.add(mine));
      return () => {
        heard.delete(mine);
        if (heard.size === 0 && listeners.get(topic) === heard) listeners.delete(topic);
      };
    },
  };
}
