import { setTimeout as pause } from 'node:timers/promises';
import type { CryptoKey } from 'jose';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { type KeySource, keySet } from '../gate/key-set.ts';
import { announcementsOf } from '../store/shared-server.ts';
import type { Store } from '../store/store.ts';
import { publishedAt } from './signing-key-times.ts';
import {
  firstSigningKeys,
  keysOf,
  publicKeys,
  SIGNING_KEYS,
  type SigningKey,
  type SigningKeys,
  signingKeyRecord,
} from './signing-keys.ts';

/** The signing keys as one version of their record tells them. */
export interface SigningKeySet {
  readonly keys: SigningKeys;
  /** Those that are published at this moment. */
  published(): readonly SigningKey[];
  /** Picks one of them to verify with. */
  readonly source: KeySource;
}

/** The signing keys as this node knows them. */
export interface KnownSigningKeys {
  /** No older than a second; five while the store does not answer, and then Unavailable. */
  current(): Promise<SigningKeySet>;
  /** The last ones known, however old. */
  last(): SigningKeySet;
  /** A published key to verify with. For a key that is not known the store is asked before that is said. */
  readonly source: KeySource;
}

/** What they are read with. */
export interface KnownSigningKeysParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a key verifies after the next one has begun to sign, in seconds. */
  readonly overlap: number;
  /** Called when the keys are others than before, before anybody gets them. */
  readonly changed: () => void;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic?: () => number;
}

const FRESH_MS = 1000;
const GOOD_MS = 5000;
/** Texts with invented keys cost at most twenty reads a second, however many there are. */
const GATHER_MS = 50;

/** Follows the record of the signing keys, which is made here where there is none. */
export async function knownSigningKeys(parts: KnownSigningKeysParts): Promise<KnownSigningKeys> {
  const { store, clock, log, monotonic = () => performance.now() } = parts;
  const record = signingKeyRecord(store);
  let readAt = monotonic();
  let version = await firstSigningKeys(record, clock);
  let known = keySetOf(keysOf(version), parts);
  let reading: Promise<void> | undefined;
  let gathering: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const began = monotonic();
    const newest = await record.latest(version);
    if (newest !== undefined && newest.text !== version.text) {
      known = keySetOf(keysOf(newest), parts);
      version = newest;
      parts.changed();
      log.info('signing_keys_changed', { keys: known.keys.map(({ jwk }) => jwk.kid) });
    }
    readAt = Math.max(readAt, began);
  };
  const current = async (): Promise<SigningKeySet> => {
    if (monotonic() - readAt < FRESH_MS) return known;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    try {
      await reading;
    } catch (error) {
      // One answer that was lost ends nothing: what is known holds a little longer.
      if (monotonic() - readAt >= GOOD_MS) throw error;
    }
    return known;
  };
  /** All who ask within a moment share one reading, which begins after the last of them came. */
  const readAgain = (): Promise<void> => {
    gathering ??= pause(GATHER_MS).then(() => {
      gathering = undefined;
      return read();
    });
    return gathering;
  };
  announcementsOf(store).subscribe(SIGNING_KEYS, () => {
    // Where that fails, the next one who asks finds out.
    readAgain().catch(() => undefined);
  });
  return {
    current,
    last: () => known,
    async source(hint): Promise<CryptoKey | undefined> {
      const found = await (await current()).source(hint);
      if (found !== undefined || hint.kid === undefined) return found;
      await readAgain();
      return known.source(hint);
    },
  };
}

function keySetOf(keys: SigningKeys, { clock, log, overlap }: KnownSigningKeysParts): SigningKeySet {
  const source = keySet(publicKeys(keys), { log });
  const published = () => publishedAt(keys, clock(), overlap);
  return {
    keys,
    published,
    source: async (hint) => {
      const { kid } = hint;
      if (kid !== undefined && !published().some(({ jwk }) => jwk.kid === kid)) return undefined;
      return source(hint);
    },
  };
}
