import { COOKIE_KEY_LEAD, type CookieKey, cookieKeyManagement } from '../authorization/cookie-keys.ts';
import type { KeyManagement } from '../authorization/key-management.ts';
import { cookieKeyOverlap } from '../authorization/signing-key-times.ts';
import type { Config } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { lifetimesOf } from '../host/authorization-options.ts';
import type { Store } from '../store/store.ts';
import { withVault } from './open.ts';
import { UsageError } from './usage.ts';

/** The cookie keys of a server with these settings, and how long one verifies after the next one has begun to sign. */
export function cookieKeysHere(store: Store, config: Config): KeyManagement<CookieKey> & { readonly overlap: number } {
  const overlap = cookieKeyOverlap(lifetimesOf(config));
  return { ...cookieKeyManagement({ store, clock: systemClock, overlap }), overlap };
}

/** `keys rotate --cookies`: for every node at once, without a restart; nobody is signed out. */
export async function rotateCookieKey(): Promise<void> {
  await withVault(async ({ store, config }) => {
    const { rotate, overlap } = cookieKeysHere(store, config);
    if (!(await rotate(COOKIE_KEY_LEAD))) {
      throw new UsageError('A new cookie key waits for its time already: gatehouse keys list');
    }
    console.log(`A new cookie key signs in ${COOKIE_KEY_LEAD} seconds. The one before verifies for ${overlap} seconds`);
    console.log('more, until the last session that it signed has ended. No node needs a restart.');
  });
}

/** `keys retire --cookies`: every browser session that the key signed ends within a second. */
export async function retireCookieKey(id: string): Promise<void> {
  await withVault(async ({ store, config }) => {
    if (!(await cookieKeysHere(store, config).retire(id))) {
      throw new UsageError(`There is no cookie key ${id}: gatehouse keys list`);
    }
    console.log(
      `Retired ${id}. Every node signs out the browsers that it signed in, within a second. Tokens stay good.`,
    );
  });
}
