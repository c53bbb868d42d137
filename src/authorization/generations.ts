import type { KnownSigningKeys, SigningKeySet } from './known-signing-keys.ts';

/**
 * What is built from the signing keys, built anew whenever they change: oidc-provider takes its keys when it is made, and
 * never others. A request goes on with what it began with. Rejects with what `build` throws.
 */
export async function generations<T>(
  known: KnownSigningKeys,
  build: (keys: SigningKeySet) => T,
): Promise<() => Promise<T>> {
  let keys = await known.current();
  let built = build(keys);
  return async () => {
    // A store that does not answer is found out by whatever the request needs of it, and answered in that place's words.
    const newest = await known.current().catch(() => known.last());
    if (newest !== keys) {
      built = build(newest);
      keys = newest;
    }
    return built;
  };
}
