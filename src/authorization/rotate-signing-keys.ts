import type { Clock } from '../core/clock.ts';
import type { Store } from '../store/store.ts';
import { type TimedKey, timeKeys, withNext, withoutKey } from './signing-key-times.ts';
import {
  firstSigningKeys,
  keysOf,
  makeSigningKey,
  type SigningKeys,
  signingKeyRecord,
  textOf,
} from './signing-keys.ts';

/** What the operator does with the keys that access tokens are signed with. Every node learns of it within a second. */
export interface SigningKeyManagement {
  /** The keys with their uses; `overlap` in seconds, as the server has it. */
  list(overlap: number): Promise<readonly TimedKey[]>;
  /**
   * Publishes a new key at once and lets it sign `lead` seconds later. False, and nothing is changed, while an earlier one
   * waits for its time; of several callers at once one is told true.
   */
  rotate(lead: number): Promise<boolean>;
  /** Ends a key and all tokens signed with it. Where it signs, the next one or a new one does so at once. False if unknown. */
  retire(kid: string): Promise<boolean>;
}

/** How often others may be first. */
const ATTEMPTS = 100;

/** The same for every caller on every node: the record decides who is first. */
export function signingKeyManagement({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Clock;
}): SigningKeyManagement {
  const record = signingKeyRecord(store);
  const change = async (to: (keys: SigningKeys) => SigningKeys | undefined): Promise<boolean> => {
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      const before = await firstSigningKeys(record, clock);
      const after = to(keysOf(before));
      if (after === undefined) return false;
      if (await record.put(textOf(after), before)) return true;
    }
    throw new Error('The signing keys are being changed by too many at once: try again.');
  };
  return {
    list: async (overlap) => timeKeys(keysOf(await firstSigningKeys(record, clock)), clock(), overlap),
    async rotate(lead) {
      const fresh = await makeSigningKey(clock());
      return change((keys) => withNext(keys, fresh, clock(), lead));
    },
    async retire(kid) {
      const fresh = await makeSigningKey(clock());
      return change((keys) => withoutKey(keys, kid, fresh, clock()));
    },
  };
}
