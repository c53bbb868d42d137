import type { Clock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import type { KeyRing } from './key-ring.ts';
import { openRecord, sealRecord } from './sealed-record.ts';
import type { Store } from './store.ts';

/** Written once, by the first ring that a store sees. No sealed record can have such a name: those end in a hash. */
const FIRST = 'canary:first';
const canaryOf = (keyId: string): string => `canary:${keyId}`;

/**
 * Tells the right ring from a wrong one before anything is read or written. A store holds one canary for each key that
 * ever sealed in it; a ring is right when it opens one of them. Canaries are only ever added, each in one atomic step,
 * so that in a rolling change of keys the ring before and the ring after are both right.
 * Throws ConfigError naming GATEHOUSE_KEYS otherwise, and has then changed nothing.
 */
export async function checkCanary(inner: Store, ring: KeyRing, clock: Clock): Promise<void> {
  const place = (name: string) => inner.putIfAbsent(name, sealRecord(ring, name, '', Infinity, clock()), Infinity);
  const known: string[] = [];
  for (const id of ring.ids) {
    if (await opens(inner, ring, canaryOf(id))) known.push(id);
  }
  if (known.length === 0 && !(await place(FIRST)) && !(await opens(inner, ring, FIRST))) {
    throw new ConfigError([
      'GATEHOUSE_KEYS holds none of the keys that this store is sealed with. Put the right key in, or name another ' +
        'store in STORE_URL. Nothing was changed',
    ]);
  }
  if (!known.includes(ring.sealingId)) await place(canaryOf(ring.sealingId));
}

/** A canary proves a key, not a time: at the end of time no seal is too young. */
async function opens(inner: Store, ring: KeyRing, name: string): Promise<boolean> {
  const sealed = await inner.get(name);
  return sealed !== undefined && openRecord(ring, name, sealed, Infinity).state === 'live';
}
