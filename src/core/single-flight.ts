/** The same action, but whoever calls it while it runs shares its outcome. */
export function singleFlight<T>(action: () => Promise<T>): () => Promise<T> {
  const once = singleFlights<T>();
  return () => once('', action);
}

/** Of all who want the same done at once, by its name, one does it and the others share the outcome. */
export function singleFlights<T>(): (name: string, action: () => Promise<T>) => Promise<T> {
  const underWay = new Map<string, Promise<T>>();
  return (name, action) => {
    const running = underWay.get(name) ?? action().finally(() => underWay.delete(name));
    underWay.set(name, running);
    return running;
  };
}
