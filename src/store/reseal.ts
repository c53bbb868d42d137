import { setImmediate as turn } from 'node:timers/promises';
import { isUpkeep } from './canary.ts';
import { type KeyRing, keyIdOf } from './key-ring.ts';
import { type MaintainableStore, type StoredEntry, scanPages } from './maintenance.ts';

/** How far sealing anew has come, in records. */
export interface ResealCount {
  /** Sealed anew by us. */
  resealed: number;
  /** Under the first key already. */
  current: number;
  /** Changed or gone between our reading and our writing: left to whoever changed it. */
  changed: number;
  /** Altered, or sealed by a key outside the ring: left as they are. */
  unreadable: number;
}

/** How it is done. */
export interface ResealOptions {
  /** Records a batch. */
  readonly batch: number;
  /** Ends it between two records; what was done stays done, and doing it again goes on from there. */
  readonly signal?: AbortSignal;
  /** Called after each batch; the next one begins when its answer is there. */
  readonly afterBatch?: (count: Readonly<ResealCount>) => Promise<void> | void;
}

/**
 * Seals every record under the first key of the ring. Each is replaced in one step and only where it is still what was
 * read: nothing that is written meanwhile is lost, and several may do this at once. Names, values, lifetimes and the
 * times of sealing stay. Rejects with Unavailable when the store does not answer.
 */
export async function reseal(store: MaintainableStore, ring: KeyRing, options: ResealOptions): Promise<ResealCount> {
  const { batch, signal, afterBatch } = options;
  const count: ResealCount = { resealed: 0, current: 0, changed: 0, unreadable: 0 };
  for await (const page of scanPages(store, batch)) {
    for (const entry of page) {
      if (signal?.aborted) return count;
      if (!isUpkeep(entry.name)) count[await resealOne(store, ring, entry)] += 1;
    }
    await afterBatch?.(count);
    // A store whose calls block, as SQLite's do, would let nobody else run, not even an interrupt.
    await turn();
    if (signal?.aborted) return count;
  }
  return count;
}

async function resealOne(
  store: MaintainableStore,
  ring: KeyRing,
  { name, value }: StoredEntry,
): Promise<keyof ResealCount> {
  const anew = ring.reseal(value);
  if (anew.state === 'current') return 'current';
  if (anew.state !== 'resealed') return 'unreadable';
  return (await store.replace(name, value, anew.sealed)) ? 'resealed' : 'changed';
}

/**
 * How many records each key has sealed, by its id. Of the keys in the ring only what really opens counts, so that planted
 * texts cannot hold up a change of keys.
 */
export async function sealedBy(store: MaintainableStore, ring: KeyRing): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>(ring.ids.map((id) => [id, 0]));
  for await (const page of scanPages(store, 500)) {
    for (const { name, value } of page) {
      const id = keyIdOf(value);
      if (id === undefined || isUpkeep(name)) continue;
      if (id !== ring.sealingId && ring.reseal(value).state === 'refused') continue;
      counts.set(id, (counts.get(id) ?? 0) + 1);
    }
  }
  return counts;
}
