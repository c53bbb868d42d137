import { type Clock, systemClock } from '../core/clock.ts';
import { Unavailable } from '../core/errors.ts';
import { expiryOf } from './lifetime.ts';
import type { Store } from './store.ts';

/** How many records a write looks at for removal: its cost does not grow with the number of records. */
const SWEPT_PER_WRITE = 4;

/** A store that lives and dies with the process: for tests and development, never for production. */
export function memoryStore({ clock = systemClock }: { readonly clock?: Clock } = {}): Store {
  const records = new Map<string, { readonly value: string; readonly expires: number }>();
  let cursor = records.entries();
  let closed = false;

  const live = (key: string): string | undefined => {
    if (closed) throw new Unavailable('the memory store is closed');
    const record = records.get(key);
    return record !== undefined && record.expires > clock() ? record.value : undefined;
  };
  const sweep = (): void => {
    for (let looked = 0; looked < SWEPT_PER_WRITE; looked += 1) {
      const next = cursor.next();
      if (next.done) {
        cursor = records.entries();
        return;
      }
      const [key, { expires }] = next.value;
      if (expires <= clock()) records.delete(key);
    }
  };
  const write = (key: string, value: string, ttl: number, ifAbsent: boolean): boolean => {
    const expires = expiryOf(ttl, clock());
    if (live(key) !== undefined && ifAbsent) return false;
    sweep();
    records.set(key, { value, expires });
    return true;
  };
  const remove = (key: string): string | undefined => {
    const value = live(key);
    records.delete(key);
    return value;
  };

  return {
    get: async (key) => live(key),
    put: async (key, value, ttl) => {
      write(key, value, ttl, false);
    },
    putIfAbsent: async (key, value, ttl) => write(key, value, ttl, true),
    take: async (key) => remove(key),
    delete: async (key) => {
      remove(key);
    },
    close: async () => {
      closed = true;
      records.clear();
    },
  };
}
