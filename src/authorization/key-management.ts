import type { Announcements } from '../core/announcements.ts';
import type { Clock } from '../core/clock.ts';
import type { Version, VersionedRecord } from './signing-key-record.ts';
import { type InTurn, type Keys, type TimedKey, timeKeys, withNext, withoutKey } from './signing-key-times.ts';

/** What the operator does with keys that sign one after the other. Every node learns of it within a second. */
export interface KeyManagement<K> {
  /** The keys with their uses; `overlap` in seconds, as the server has it. */
  list(overlap: number): Promise<readonly TimedKey<K>[]>;
  /**
   * Lets every node know a new key at once, which signs `lead` seconds later. False, and nothing is changed, while an
   * earlier one waits for its time; of several callers at once one is told true.
   */
  rotate(lead: number): Promise<boolean>;
  /** Ends a key and all it has signed. Where it signs, the next one or a new one does so at once. False if unknown. */
  retire(id: string): Promise<boolean>;
}

/** Keys of one kind, and how they are kept. */
export interface KeptKeys<K extends InTurn> {
  /** Nodes are told of a change under this topic. */
  readonly topic: string;
  readonly record: VersionedRecord;
  /** The newest version, made where there is none. */
  first(): Promise<Version>;
  read(version: Version): Keys<K>;
  write(keys: Keys<K>, before: Version): string;
  make(now: number): Promise<K>;
  /** The public name of a key. */
  idOf(key: K): string;
  /** How long a key is kept after the next one has begun to sign, in seconds. Left out: as long as any token lives. */
  readonly keep?: number;
}

/** How often others may be first. */
const ATTEMPTS = 100;

/** The same for every caller on every node: the record decides who is first. */
export function keyManagement<K extends InTurn>(
  kept: KeptKeys<K>,
  clock: Clock,
  { publish }: Pick<Announcements, 'publish'>,
): KeyManagement<K> {
  const change = async (to: (keys: Keys<K>) => Keys<K> | undefined): Promise<boolean> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const before = await kept.first();
      const after = to(kept.read(before));
      if (after === undefined) return false;
      if (!(await kept.record.put(kept.write(after, before), before))) continue;
      publish(kept.topic, 'changed');
      return true;
    }
    throw new Error('The keys are being changed by too many at once: try again.');
  };
  return {
    list: async (overlap) => timeKeys(kept.read(await kept.first()), clock(), overlap),
    async rotate(lead) {
      const fresh = await kept.make(clock());
      return change((keys) => withNext(keys, fresh, clock(), lead, kept.keep));
    },
    async retire(id) {
      const fresh = await kept.make(clock());
      return change((keys) => withoutKey(keys, (key) => kept.idOf(key) === id, fresh, clock(), kept.keep));
    },
  };
}
