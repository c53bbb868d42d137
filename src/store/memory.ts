import { type Clock, systemClock } from '../core/clock.ts';
import { Unavailable } from '../core/errors.ts';
import { expiryOf } from './lifetime.ts';
import type { MaintainableStore, ScanPage } from './maintenance.ts';

/** How many records a write looks at for removal: its cost does not grow with the number of records. */
const SWEPT_PER_WRITE = 4;

interface Kept {
  readonly value: string;
  readonly expires: number;
}

/** A store that lives and dies with the process: for tests and development, never for production. */
export function memoryStore({ clock = systemClock }: { readonly clock?: Clock } = {}): MaintainableStore {
  const records = new Map<string, Kept>();
  let cursor = records.entries();
  let closed = false;

  const kept = (key: string): Kept | undefined => {
    if (closed) throw new Unavailable('the memory store is closed');
    const record = records.get(key);
    return record !== undefined && record.expires > clock() ? record : undefined;
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
    if (kept(key) !== undefined && ifAbsent) return false;
    sweep();
    records.set(key, { value, expires });
    return true;
  };
  const remove = (key: string): string | undefined => {
    const record = kept(key);
    records.delete(key);
    return record?.value;
  };
  const page = (cursor: string | undefined, limit: number): ScanPage => {
    if (closed) throw new Unavailable('the memory store is closed');
    const names = [...records.keys()].filter((name) => cursor === undefined || name > cursor).sort();
    const looked = names.slice(0, limit);
    const last = looked.length < names.length ? looked.at(-1) : undefined;
    const entries = looked.flatMap((name) => {
      const record = kept(name);
      return record === undefined ? [] : [{ name, value: record.value }];
    });
    return { entries, ...(last !== undefined && { cursor: last }) };
  };

  return {
    get: async (key) => kept(key)?.value,
    put: async (key, value, ttl) => {
      write(key, value, ttl, false);
    },
    putIfAbsent: async (key, value, ttl) => write(key, value, ttl, true),
    take: async (key) => remove(key),
    delete: async (key) => {
      remove(key);
    },
    scan: async (cursor, limit) => page(cursor, limit),
    replace: async (name, expected, value) => {
      const record = kept(name);
      if (record?.value !== expected) return false;
      records.set(name, { ...record, value });
      return true;
    },
    close: async () => {
      closed = true;
      records.clear();
    },
  };
}
