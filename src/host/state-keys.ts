import type { Config } from '../config.ts';
import { keyRing } from '../store/key-ring.ts';

/**
 * What signs the state that calls carry from one round to the next, derived from GATEHOUSE_KEYS, so that every node opens
 * what any has signed. Undefined without them: outside production, a key of the process does.
 */
export const stateKeys = (config: Pick<Config, 'keys'>): readonly Uint8Array[] | undefined =>
  derived(config, 'request state 1');

/** What nonces are made with, the same way (RFC 9449 §8). */
export const nonceKeys = (config: Pick<Config, 'keys'>): readonly Uint8Array[] | undefined =>
  derived(config, 'dpop nonce 1');

function derived({ keys }: Pick<Config, 'keys'>, purpose: string): readonly Uint8Array[] | undefined {
  if (keys.length === 0) return undefined;
  const ring = keyRing(keys);
  return ring.ids.flatMap((id) => ring.derive(purpose, id) ?? []);
}
