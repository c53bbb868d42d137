/** Items of one kind by key, of which some are out of sight. Kept in order of definition. */
export interface Shelf<T> {
  /** Those in sight: always the same map. */
  readonly shown: ReadonlyMap<string, T>;
  /** All of them. */
  readonly all: ReadonlyMap<string, T>;
  /** Adds an item in sight, in the place of the one with this key where there is one. */
  put(key: string, item: T): void;
  /** Puts those with these keys in sight or out of it. Tells whether that changed anything. */
  show(keys: readonly string[], visibly: boolean): boolean;
  /** Tells whether one of them was in sight. */
  remove(keys: readonly string[]): boolean;
}

/** An empty shelf. Looking at `shown` costs nothing; putting back in sight costs as much as there are items. */
export function shelf<T>(): Shelf<T> {
  const all = new Map<string, T>();
  const shown = new Map<string, T>();
  const hidden = new Set<string>();
  const rebuild = (): void => {
    shown.clear();
    for (const [key, item] of all) if (!hidden.has(key)) shown.set(key, item);
  };
  return {
    all,
    shown,
    put(key, item) {
      all.set(key, item);
      if (hidden.delete(key)) rebuild();
      else shown.set(key, item);
    },
    show(keys, visibly) {
      const before = shown.size;
      for (const key of keys) {
        if (visibly) hidden.delete(key);
        else if (shown.delete(key)) hidden.add(key);
      }
      if (visibly) rebuild();
      return shown.size !== before;
    },
    remove(keys) {
      const before = shown.size;
      for (const key of keys) {
        all.delete(key);
        shown.delete(key);
        hidden.delete(key);
      }
      return shown.size !== before;
    },
  };
}
