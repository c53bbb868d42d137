/** The name of one thing that middleware and handlers keep for a request. Two keys are never the same, whatever they are called. */
export interface StateKey<T> {
  readonly label: string;
  /** Only tells the compiler what is kept. */
  readonly type?: T;
}

/** Makes a key; `label` is for people. */
export const stateKey = <T>(label: string): StateKey<T> => Object.freeze({ label });

/** What middleware and handlers tell each other while a request is served. It ends with the request. */
export interface CallState {
  get<T>(key: StateKey<T>): T | undefined;
  set<T>(key: StateKey<T>, value: T): void;
}

/** Nothing is kept yet. */
export function callState(): CallState {
  const kept = new Map<StateKey<unknown>, unknown>();
  return Object.freeze({
    get: <T>(key: StateKey<T>) => kept.get(key) as T | undefined,
    set: <T>(key: StateKey<T>, value: T) => void kept.set(key, value),
  });
}
