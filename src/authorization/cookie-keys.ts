import { createHmac } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import { equalSecrets, fingerprint, randomToken } from '../core/secrets.ts';
import { announcementsOf } from '../store/shared-server.ts';
import type { Store } from '../store/store.ts';
import { type KeyManagement, keyManagement } from './key-management.ts';
import { firstVersion, type Version, type VersionedRecord, versionedRecord } from './signing-key-record.ts';
import type { InTurn, Keys } from './signing-key-times.ts';

/** A secret that cookies of browsers are signed with. */
export interface CookieKey extends InTurn {
  readonly secret: string;
}

/** How long a new key is known before it signs, in seconds: by then every node takes what it signs. */
export const COOKIE_KEY_LEAD = 60;

/** The name of their record, and what nodes tell each other of where it changes. */
export const COOKIE_KEYS = 'cookie_keys';

/** The record that the keys of cookies are kept in. */
export const cookieKeyRecord = (store: Store): VersionedRecord => versionedRecord(store, COOKIE_KEYS);

/** Its newest version. Made where there is none, by one of many callers. */
export const firstCookieKeys = (record: VersionedRecord): Promise<Version> =>
  firstVersion(record, async () => JSON.stringify({ keys: [randomToken()] }));

/** The keys that a version holds. The first one of a server is its secret alone: it has signed since ever. */
export function cookieKeysOf({ text }: Version): Keys<CookieKey> {
  const { keys } = JSON.parse(text) as { readonly keys: readonly (string | CookieKey)[] };
  const [first, ...rest] = keys.map((key) => (typeof key === 'string' ? { secret: key, createdAt: 0 } : key));
  if (first === undefined) throw new TypeError('The store holds an empty list of keys for cookies.');
  return [first, ...rest];
}

/** The public name of a key. */
export const cookieKeyId = ({ secret }: CookieKey): string => fingerprint(secret);

/** What cookie keys are managed over. */
export interface CookieKeyManagementParts {
  readonly store: Store;
  readonly clock: Clock;
  /** How long a key verifies after the next one has begun to sign, in seconds. */
  readonly overlap: number;
}

/** What the operator does with the keys that cookies are signed with. Who retires one ends every session that it signed. */
export function cookieKeyManagement({ store, clock, overlap }: CookieKeyManagementParts): KeyManagement<CookieKey> {
  const record = cookieKeyRecord(store);
  const kept = {
    topic: COOKIE_KEYS,
    record,
    first: () => firstCookieKeys(record),
    read: cookieKeysOf,
    // What else stands there, perhaps of a later version, stays.
    write: (keys: Keys<CookieKey>, before: Version) => JSON.stringify({ ...JSON.parse(before.text), keys }),
    make: async (now: number) => ({ secret: randomToken(), createdAt: now }),
    idOf: cookieKeyId,
    keep: overlap,
  };
  return keyManagement(kept, clock, announcementsOf(store));
}

/** Signs and checks cookies, in the shape that oidc-provider takes in place of a list of keys. */
export interface CookieSigner {
  sign(data: string): string;
  verify(data: string, signature: string): boolean;
  /** 0: signed by the key that signs now. Above: by another, and to be signed anew. Below: by none. */
  index(data: string, signature: string): number;
}

/** A signer with the secrets that `secrets` tells at each use, the one to sign with first. */
export function cookieSigner(secrets: () => Keys<string>): CookieSigner {
  const index = (data: string, signature: string) =>
    secrets().findIndex((secret) => equalSecrets(signed(data, secret), signature));
  return {
    sign: (data) => signed(data, secrets()[0]),
    verify: (data, signature) => index(data, signature) >= 0,
    index,
  };
}

/** As the cookies of earlier versions are signed. */
const signed = (data: string, secret: string): string => createHmac('sha1', secret).update(data).digest('base64url');
