import type { Config } from '../config.ts';
import { keyRing } from '../store/key-ring.ts';

/**
 * What signs the state that calls carry from one round to the next, derived from GATEHOUSE_KEYS, so that every node opens
 * what any has signed. Undefined without them: outside production, a key of the process does.
 */
export function stateKeys({ keys }: Pick<Config, 'keys'>): readonly Uint8Array[] | undefined {
  if (keys.length === 0) return undefined;
  const ring = keyRing(keys);
  return ring.ids.flatMap((id) => ring.derive('request state 1', id) ?? []);
}
