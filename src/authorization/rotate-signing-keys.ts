import type { Clock } from '../core/clock.ts';
import { announcementsOf } from '../store/shared-server.ts';
import type { Store } from '../store/store.ts';
import { type KeyManagement, keyManagement } from './key-management.ts';
import {
  firstSigningKeys,
  keysOf,
  makeSigningKey,
  SIGNING_KEYS,
  type SigningKey,
  signingKeyRecord,
  textOf,
} from './signing-keys.ts';

/** What signing keys are managed over. */
export interface SigningKeyManagementParts {
  readonly store: Store;
  readonly clock: Clock;
}

/** What the operator does with the keys that access tokens are signed with, each known by its `kid`. */
export function signingKeyManagement({ store, clock }: SigningKeyManagementParts): KeyManagement<SigningKey> {
  const record = signingKeyRecord(store);
  const kept = {
    topic: SIGNING_KEYS,
    record,
    first: () => firstSigningKeys(record, clock),
    read: keysOf,
    write: textOf,
    make: makeSigningKey,
    idOf: ({ jwk }: SigningKey) => jwk.kid,
  };
  return keyManagement(kept, clock, announcementsOf(store));
}
