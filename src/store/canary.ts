import type { Clock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { type KeyRing, keyIdOf } from './key-ring.ts';
import { openRecord, sealRecord } from './sealed-record.ts';
import type { Store } from './store.ts';

/** Written once, by the first ring that a store sees. No sealed record can have such a name: those end in a hash. */
const FIRST = 'canary:first';
const canaryOf = (keyId: string): string => `canary:${keyId}`;
const retirementOf = (keyId: string): string => `retired:${keyId}`;

/** Whether a record is not one of those that are sealed for the users of a store: it stays under the key it is about. */
export const isUpkeep = (name: string): boolean => /^(?:canary|lease):(?:first|[A-Za-z0-9_-]{8})$/.test(name);

/**
 * Tells the right ring from a wrong one before anything is read or written. A store holds one canary for each key that
 * ever sealed in it and was not retired; a ring is right when it opens one of them and does not seal with a retired key.
 * Each is added in one atomic step, so that in a rolling change of keys the ring before and the ring after are both
 * right. Throws ConfigError naming GATEHOUSE_KEYS otherwise, and has then changed nothing.
 */
export async function checkCanary(inner: Store, ring: KeyRing, clock: Clock): Promise<void> {
  const place = (name: string) => inner.putIfAbsent(name, sealRecord(ring, name, '', Infinity, clock()), Infinity);
  const known: string[] = [];
  for (const id of ring.ids) {
    if (await opens(inner, ring, canaryOf(id))) known.push(id);
  }
  if (!known.includes(ring.sealingId) && (await isRetired(inner, ring, ring.sealingId))) {
    throw new ConfigError([
      `GATEHOUSE_KEYS: its first key ${ring.sealingId} was retired from this store; take it out. Nothing was changed`,
    ]);
  }
  if (known.length === 0 && !(await place(FIRST)) && !(await opens(inner, ring, FIRST))) {
    throw new ConfigError([
      'GATEHOUSE_KEYS holds none of the keys that this store is sealed with. Put the right key in, or name another ' +
        'store in STORE_URL. Nothing was changed',
    ]);
  }
  if (!known.includes(ring.sealingId)) await place(canaryOf(ring.sealingId));
}

/**
 * Ends a key in a store: a ring of it alone is refused from now on, and what it sealed reads as absent wherever the key
 * is not in the ring. Can be done again after it was cut short. Throws TypeError for the key that seals.
 */
export async function retireKey(inner: Store, ring: KeyRing, keyId: string, clock: Clock): Promise<void> {
  if (keyId === ring.sealingId) throw new TypeError(`${keyId} is the key that seals: put another one before it first.`);
  const put = (name: string) => inner.put(name, sealRecord(ring, name, '', Infinity, clock()), Infinity);
  await put(retirementOf(keyId));
  const first = await inner.get(FIRST);
  if (first === undefined || keyIdOf(first) !== ring.sealingId) await put(FIRST);
  await inner.delete(canaryOf(keyId));
}

/** Whether a key was retired, as this ring can tell. */
export const isRetired = (inner: Store, ring: KeyRing, keyId: string): Promise<boolean> =>
  opens(inner, ring, retirementOf(keyId));

/** Whether a key has ever sealed in this store, as far as this store remembers. */
export const hasSealed = async (inner: Store, keyId: string): Promise<boolean> =>
  (await inner.get(canaryOf(keyId))) !== undefined;

/** A canary proves a key, not a time: at the end of time no seal is too young. */
async function opens(inner: Store, ring: KeyRing, name: string): Promise<boolean> {
  const sealed = await inner.get(name);
  return sealed !== undefined && openRecord(ring, name, sealed, Infinity).state === 'live';
}
