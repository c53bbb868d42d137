/**
 * Expiring key-value with the two atomic steps that single use needs. Lifetimes in seconds; `Infinity` keeps a record
 * until it is deleted. Methods reject with `Unavailable` when the backend does not answer; they never guess.
 */
export interface Store {
  /** The value, or undefined when it is absent or has expired. */
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string, ttl: number): Promise<void>;
  /** Writes only where nothing is kept under `key`. Of many callers at once exactly one gets true. */
  putIfAbsent(key: string, value: string, ttl: number): Promise<boolean>;
  /** Reads and removes in one step. Of many callers at once exactly one gets the value. */
  take(key: string): Promise<string | undefined>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
}
