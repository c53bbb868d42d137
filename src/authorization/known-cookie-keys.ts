import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { announcementsOf } from '../store/shared-server.ts';
import type { Store } from '../store/store.ts';
import {
  COOKIE_KEYS,
  type CookieSigner,
  cookieKeyId,
  cookieKeyRecord,
  cookieKeysOf,
  cookieSigner,
  firstCookieKeys,
} from './cookie-keys.ts';
import { type Keys, publishedAt, signingKeyAt } from './signing-key-times.ts';

/** The keys of cookies as this node knows them. */
export interface KnownCookieKeys {
  readonly signer: CookieSigner;
  /**
   * Sees to it that `signer` is no older than a second. Without effect while the store does not answer: then there are no
   * sessions either.
   */
  refresh(): Promise<void>;
}

/** What they are read with. */
export interface KnownCookieKeysParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** How long a key verifies after the next one has begun to sign, in seconds. */
  readonly overlap: number;
  /** Milliseconds of a clock that only runs forward. */
  readonly monotonic?: () => number;
}

const FRESH_MS = 1000;

/** Follows the record of the cookie keys, which is made here where there is none. */
export async function knownCookieKeys(parts: KnownCookieKeysParts): Promise<KnownCookieKeys> {
  const { store, clock, log, overlap, monotonic = () => performance.now() } = parts;
  const record = cookieKeyRecord(store);
  let readAt = monotonic();
  let version = await firstCookieKeys(record);
  let keys = cookieKeysOf(version);
  let reading: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const began = monotonic();
    const newest = await record.latest(version);
    if (newest !== undefined && newest.text !== version.text) {
      keys = cookieKeysOf(newest);
      version = newest;
      log.info('cookie_keys_changed', { keys: keys.map(cookieKeyId) });
    }
    readAt = began;
  };
  announcementsOf(store).subscribe(COOKIE_KEYS, () => {
    readAt = -Infinity;
  });
  const secrets = (): Keys<string> => {
    const signs = signingKeyAt(keys, clock());
    const others = publishedAt(keys, clock(), overlap).filter((key) => key !== signs);
    return [signs.secret, ...others.map(({ secret }) => secret)];
  };
  return {
    signer: cookieSigner(secrets),
    async refresh() {
      if (monotonic() - readAt < FRESH_MS) return;
      reading ??= read().finally(() => {
        reading = undefined;
      });
      // Whatever needs the store finds out for itself, and answers in its own words.
      await reading.catch(() => undefined);
    },
  };
}
