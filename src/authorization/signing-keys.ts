import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Clock } from '../core/clock.ts';
import { randomToken } from '../core/secrets.ts';
import type { Store } from '../store/store.ts';
import { type Version, type VersionedRecord, versionedRecord } from './signing-key-record.ts';

/** The one algorithm that access tokens are signed with. */
export const SIGNING_ALGORITHM = 'ES256';

/** A private ES256 key as it is kept. `kid` is its RFC 7638 thumbprint. */
export interface SigningKey {
  readonly jwk: JWK & { readonly kid: string };
  /** Seconds since 1970. */
  readonly createdAt: number;
  /** The second from which it signs, until the next one in the list does. Left out: since it was made. */
  readonly signsFrom?: number;
  /** The second at which it stopped, where the one that followed is gone. */
  readonly signsUntil?: number;
}

/** At least one key, in the order in which they sign. */
export type SigningKeys = readonly [SigningKey, ...SigningKey[]];

const SIGNING = 'signing_keys';
const COOKIES = 'cookie_keys';

/**
 * The signing keys of this server, in the order in which they sign. One is made at the first start; of several nodes that
 * start at once one makes it and all use it.
 */
export const signingKeys = async (store: Store, clock: Clock): Promise<SigningKeys> =>
  keysOf(await firstSigningKeys(signingKeyRecord(store), clock));

/** The record that the signing keys are kept in. */
export const signingKeyRecord = (store: Store): VersionedRecord => versionedRecord(store, SIGNING);

/** Its newest version. Made where there is none, by one of many callers. */
export async function firstSigningKeys(record: VersionedRecord, clock: Clock): Promise<Version> {
  const known = await record.latest();
  if (known !== undefined) return known;
  const text = textOf([await makeSigningKey(clock())]);
  if (await record.put(text, undefined)) return { number: 0, text };
  return (await record.latest()) ?? { number: 0, text };
}

/** The keys that a version holds. */
export function keysOf({ text }: Version): SigningKeys {
  const [first, ...rest] = (JSON.parse(text) as { readonly keys: readonly SigningKey[] }).keys;
  if (first === undefined) throw new TypeError('The store holds an empty list of signing keys.');
  return [first, ...rest];
}

/** How keys are written down. */
export const textOf = (keys: SigningKeys): string => JSON.stringify({ keys });

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

/** The secrets that cookies are signed with, the one to sign with first. */
export async function cookieKeys(store: Store): Promise<readonly string[]> {
  const text = await keptOnce(store, COOKIES, JSON.stringify({ keys: [randomToken()] }));
  return (JSON.parse(text) as { readonly keys: readonly string[] }).keys;
}

/** The record, or the one made now where there is none yet. Two nodes that make one end up with the same. */
async function keptOnce(store: Store, name: string, made: string): Promise<string> {
  const known = await store.get(name);
  if (known !== undefined) return known;
  if (await store.putIfAbsent(name, made, Infinity)) return made;
  return (await store.get(name)) ?? made;
}
