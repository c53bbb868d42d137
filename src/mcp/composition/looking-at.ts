/** The map that `read` gives at the moment of looking, whichever that is. */
export function lookingAt<T>(read: () => ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return {
    get size() {
      return read().size;
    },
    get: (key) => read().get(key),
    has: (key) => read().has(key),
    keys: () => read().keys(),
    values: () => read().values(),
    entries: () => read().entries(),
    forEach: (look) => read().forEach(look),
    [Symbol.iterator]: () => read()[Symbol.iterator](),
  };
}
