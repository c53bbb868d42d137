import { type Clock, systemClock } from '../core/clock.ts';
import { Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { checkCanary, isRetired } from './canary.ts';
import type { KeyRing } from './key-ring.ts';
import { rememberOpened } from './remember-opened.ts';
import { openRecord, recordKind, sealRecord, storedName } from './sealed-record.ts';
import type { Store } from './store.ts';

/**
 * Any store, with every value sealed as `<key id>.<Fernet token>` and every name hashed but for its kind. What was
 * swapped, altered or kept past its expiry reads as absent, a revocation as Unavailable, and is logged as `storage_tamper`; what a key outside the ring
 * sealed rejects with Unavailable, or reads as absent if that key was retired, and stays where it is. Throws ConfigError
 * when the ring is not the one of this store.
 */
export async function sealedStore(
  inner: Store,
  keys: KeyRing,
  { clock = systemClock, log }: { readonly clock?: Clock; readonly log: Log },
): Promise<Store> {
  const ring = rememberOpened(keys);
  await checkCanary(inner, ring, clock);

  const read = async (name: string, sealed: string): Promise<string | undefined> => {
    const record = openRecord(ring, name, sealed, clock());
    if (record.state === 'live') return record.value;
    if (record.state === 'unknown_key') {
      if (!(await isRetired(inner, ring, record.keyId)))
        throw new Unavailable(`the key ring lacks key ${record.keyId}`);
      log.warn('retired_key', { kind: recordKind(name), key: record.keyId });
      return undefined;
    }
    if (record.state === 'tampered') {
      log.warn('storage_tamper', { kind: recordKind(name), reason: record.reason });
      // What says that something is over must not be undone by spoiling it.
      if (recordKind(name).startsWith('revoked_')) throw new Unavailable('a revocation does not open');
    }
    return undefined;
  };

  return {
    async get(name) {
      const sealed = await inner.get(storedName(name));
      return sealed === undefined ? undefined : read(name, sealed);
    },
    // `put` and `delete` need not know what was there, so they do what they are told whichever key sealed it: a
    // revocation bites even on a record that this ring cannot open.
    put: async (name, value, ttl) => inner.put(storedName(name), sealRecord(ring, name, value, ttl, clock()), ttl),
    delete: (name) => inner.delete(storedName(name)),
    // Whatever is kept there, readable or not, the name is in use: a used-marker that was altered still denies.
    // With the ring that forgets: marks are made, and hardly ever read.
    putIfAbsent: async (name, value, ttl) =>
      inner.putIfAbsent(storedName(name), sealRecord(keys, name, value, ttl, clock()), ttl),
    take: (name) => takeOpenable(inner, name, (sealed) => read(name, sealed)),
    close: () => inner.close(),
  };
}

/**
 * Opens first and takes then, so that what does not open is never removed; the inner take alone decides the winner.
 * Only a record that somebody puts between the two steps is taken unseen: it is opened in its turn, and where a key is
 * missing it goes back, its lifetime still bounded by the expiry sealed inside.
 */
async function takeOpenable(
  inner: Store,
  name: string,
  read: (sealed: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const key = storedName(name);
  const seen = await inner.get(key);
  const value = seen === undefined ? undefined : await read(seen);
  if (value === undefined) return undefined;
  const taken = await inner.take(key);
  if (taken === undefined) return undefined;
  if (taken === seen) return value;
  try {
    return await read(taken);
  } catch (missingKey) {
    await inner.putIfAbsent(key, taken, Infinity);
    throw missingKey;
  }
}
