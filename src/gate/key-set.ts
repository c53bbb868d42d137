import { type CryptoKey, importJWK, type JWK } from 'jose';
import type { Log } from '../core/log.ts';
import { type UsableKey, usableKey } from './usable-key.ts';

/** What a key is picked by. The algorithm is on the verifier's allow-list already. */
export interface KeyHint {
  readonly alg: string;
  readonly kid: string | undefined;
}

/** Picks a verification key of ONE issuer. Undefined: no such key (the caller's fault); a rejection: ours. */
export type KeySource = (hint: KeyHint) => Promise<CryptoKey | undefined>;

/** Most keys of one set that are looked at. */
const MAX_KEYS = 100;

/**
 * A key source over public JWKs (RFC 7517 §5). Keys that cannot or must not verify are left out, as are all keys that
 * share a `kid`, with one warning for the set. Without `kid` a key is picked only if it alone fits the algorithm.
 */
export const keySet = (jwks: { readonly keys: readonly unknown[] }, { log }: { readonly log: Log }): KeySource =>
  readKeySet(jwks.keys, { log }).source;

/** The same with the number of keys that may verify. */
export function readKeySet(
  candidates: readonly unknown[],
  { log }: { readonly log: Log },
): { readonly source: KeySource; readonly usable: number } {
  const { keys, skipped } = sift(candidates);
  if (skipped.length > 0) log.warn('keys_skipped', { skipped: skipped.slice(0, MAX_KEYS) });
  const slots = keys.map((key) => ({ ...key, imported: new Map<string, Promise<CryptoKey>>() }));
  const source: KeySource = async ({ alg, kid }) => {
    const fitting = slots.filter((key) => key.algorithms.includes(alg) && (kid === undefined || key.kid === kid));
    const [key] = fitting;
    if (key === undefined || fitting.length > 1) return undefined;
    const imported = key.imported.get(alg) ?? importPublic(key.jwk, alg);
    key.imported.set(alg, imported);
    return imported;
  };
  return { source, usable: keys.length };
}

/** Which key was left out, by its place in the set, and why. */
interface Skipped {
  readonly index: number;
  readonly reason: string;
}

function sift(candidates: readonly unknown[]): { keys: readonly UsableKey[]; skipped: readonly Skipped[] } {
  const read = candidates.slice(0, MAX_KEYS).map((candidate, index) => ({ index, key: usableKey(candidate) }));
  const skipped: Skipped[] = [];
  const usable: { index: number; key: UsableKey }[] = [];
  for (const { index, key } of read) {
    if (typeof key === 'string') skipped.push({ index, reason: key });
    else usable.push({ index, key });
  }
  const repeated = (kid: string | undefined) =>
    kid !== undefined && usable.filter(({ key }) => key.kid === kid).length > 1;
  for (const { index, key } of usable) if (repeated(key.kid)) skipped.push({ index, reason: 'repeated_kid' });
  if (candidates.length > MAX_KEYS) skipped.push({ index: MAX_KEYS, reason: 'too_many_keys' });
  return { keys: usable.map(({ key }) => key).filter(({ kid }) => !repeated(kid)), skipped };
}

async function importPublic(jwk: JWK, alg: string): Promise<CryptoKey> {
  const key = await importJWK(jwk, alg);
  if (key instanceof Uint8Array) throw new TypeError('A public key was expected, not a secret.');
  return key;
}
