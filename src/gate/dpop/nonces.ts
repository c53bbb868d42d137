import { createHmac } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { equalSecrets } from '../../core/secrets.ts';

/** How long a nonce is the newest one, in seconds. */
const WINDOW = 60;
/** Windows before the present one whose nonces are still good. */
const EARLIER = 2;

/** Nonces that any node with the same keys makes and knows; nothing is kept (RFC 9449 §8). */
export interface Nonces {
  /** The newest one. */
  current(): string;
  /** Until when a nonce is good, in seconds since 1970; undefined for what is no nonce of ours, or no longer one. */
  goodUntil(nonce: string): number | undefined;
}

/**
 * Nonces of a minute each, good for two more: the HMAC-SHA-256 of the minute under the first key. Those under the other keys
 * are good too, and those of the next minute, for another node may be in it already. Throws TypeError for no key.
 */
export function nonces(keys: readonly Uint8Array[], clock: Clock): Nonces {
  const [first] = keys;
  if (first === undefined) throw new TypeError('Nonces need a key.');
  const present = () => Math.floor(clock() / WINDOW);
  return {
    current: () => nonceOf(first, present()),
    goodUntil(nonce) {
      const now = present();
      for (let window = now + 1; window >= now - EARLIER; window -= 1) {
        if (keys.some((key) => equalSecrets(nonceOf(key, window), nonce))) return (window + 1 + EARLIER) * WINDOW;
      }
      return undefined;
    },
  };
}

const nonceOf = (key: Uint8Array, window: number): string =>
  createHmac('sha256', key).update(`dpop nonce ${window}`).digest('base64url');
