import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Clock } from '../core/clock.ts';
import type { Store } from '../store/store.ts';
import { firstVersion, type Version, type VersionedRecord, versionedRecord } from './signing-key-record.ts';
import type { InTurn, Keys } from './signing-key-times.ts';

/** The one algorithm that access tokens are signed with. */
export const SIGNING_ALGORITHM = 'ES256';

/** A private ES256 key as it is kept. `kid` is its RFC 7638 thumbprint. */
export interface SigningKey extends InTurn {
  readonly jwk: JWK & { readonly kid: string };
}

/** At least one key, in the order in which they sign. */
export type SigningKeys = Keys<SigningKey>;

/** The name of their record, and what nodes tell each other of where it changes. */
export const SIGNING_KEYS = 'signing_keys';

/**
 * The signing keys of this server, in the order in which they sign. One is made at the first start; of several nodes that
 * start at once one makes it and all use it.
 */
export const signingKeys = async (store: Store, clock: Clock): Promise<SigningKeys> =>
  keysOf(await firstSigningKeys(signingKeyRecord(store), clock));

/** The record that the signing keys are kept in. */
export const signingKeyRecord = (store: Store): VersionedRecord => versionedRecord(store, SIGNING_KEYS);

/** Its newest version. Made where there is none, by one of many callers. */
export const firstSigningKeys = (record: VersionedRecord, clock: Clock): Promise<Version> =>
  firstVersion(record, async () => textOf([await makeSigningKey(clock())]));

/** The keys that a version holds. */
export function keysOf({ text }: Version): SigningKeys {
  const [first, ...rest] = (JSON.parse(text) as { readonly keys: readonly SigningKey[] }).keys;
  if (first === undefined) throw new TypeError('The store holds an empty list of signing keys.');
  return [first, ...rest];
}

/** How keys are written down in place of those before: what else stood there, perhaps of a later version, stays. */
export const textOf = (keys: SigningKeys, before?: Version): string =>
  JSON.stringify({ ...(before && JSON.parse(before.text)), keys });

/** A fresh key, made at `now`. */
export async function makeSigningKey(now: number): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  return { jwk: { ...jwk, kid, alg: SIGNING_ALGORITHM, use: 'sig' }, createdAt: now };
}

/** The public half of the keys, as `/jwks` publishes them (RFC 7517 §5). */
export const publicKeys = (keys: readonly SigningKey[]): { readonly keys: readonly JWK[] } => ({
  keys: keys.map(({ jwk: { d: _private, ...jwk } }) => jwk),
});
