/** What was used most recently, up to a number. */
export interface Bounded<T> {
  readonly size: number;
  get(key: string): T | undefined;
  /** Forgets what was used longest ago where there is no room. */
  set(key: string, value: T): void;
}

/** Nothing yet. To be forgotten takes as many other keys as there is room for. */
export function bounded<T>(room: number): Bounded<T> {
  const kept = new Map<string, T>();
  const renew = (key: string, value: T): void => {
    kept.delete(key);
    kept.set(key, value);
  };
  return {
    get size() {
      return kept.size;
    },
    get(key) {
      const value = kept.get(key);
      if (value !== undefined) renew(key, value);
      return value;
    },
    set(key, value) {
      renew(key, value);
      const [oldest] = kept.size > room ? kept.keys() : [];
      if (oldest !== undefined) kept.delete(oldest);
    },
  };
}
