import type { Clock } from '../core/clock.ts';
import { isScopeToken } from '../core/scope.ts';
import { newApiKey } from './api-key.ts';
import type { KeyRecords } from './provider.ts';

/** What a key stands for. Times in seconds since 1970. */
export interface ApiKey {
  /** Not a secret; names the key in lists, logs and `clientId`. */
  readonly id: string;
  /** Whose it is: a name, or the subject of the account that it is bound to. */
  readonly owner: string;
  /** Bound to an account of ours: it ends with the account. */
  readonly account?: string;
  readonly scopes: readonly string[];
  /** The resources that it is good for. */
  readonly resources: readonly string[] | 'all';
  readonly description: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
}

/** A key as it is kept: the secret as a hash. */
export interface ApiKeyRecord extends ApiKey {
  readonly secretHash: string;
}

/** What a key is made from. */
export type NewApiKey = Omit<ApiKey, 'id' | 'createdAt'>;

/** The keys of a host. */
export interface ApiKeys {
  /** Makes a key, which is in this answer and nowhere else. Throws TypeError where owner, scope, resource or end is unfit. */
  create(key: NewApiKey): Promise<{ readonly id: string; readonly key: string }>;
  find(id: string): Promise<ApiKeyRecord | undefined>;
  /** Ends a key at once, on every node. False when there is none of that id. */
  revoke(id: string): Promise<boolean>;
  /** Seconds since 1970, right to the minute; undefined for a key that was never used. */
  lastUsedAt(id: string): Promise<number | undefined>;
  /** Notes that a key is used; at most once a minute it is written. */
  touch(id: string): Promise<void>;
}

/** The kind that records of keys have in the store. */
export const API_KEY_KIND = 'api_key';

const MINUTE = 60;
const DAY = 86_400;
/** For how long an ended key is still listed, and a use remembered. */
const [LISTED, REMEMBERED] = [30 * DAY, 400 * DAY];
const MOST_TOUCHED = 10_000;

const recordName = (id: string): string => `${API_KEY_KIND}:${id}`;
/** Apart from the key: a write of one must not bring back the other. */
const useName = (id: string): string => `api_key_use:${id}`;

/** API keys over a store. */
export function apiKeyRecords(records: KeyRecords, clock: Clock): ApiKeys {
  const touched = new Map<string, number>();
  const lastUsedAt = async (id: string): Promise<number | undefined> => {
    const text = await records.get(useName(id));
    return text === undefined ? undefined : Number(text);
  };
  const find = async (id: string): Promise<ApiKeyRecord | undefined> => {
    const text = await records.get(recordName(id));
    return text === undefined ? undefined : (JSON.parse(text) as ApiKeyRecord);
  };
  return {
    async create(given) {
      checkNew(given, clock());
      const { id, secretHash, key } = newApiKey();
      const record: ApiKeyRecord = { ...given, id, secretHash, createdAt: clock() };
      const ttl = given.expiresAt === undefined ? Infinity : given.expiresAt - clock() + LISTED;
      await records.put(recordName(id), JSON.stringify(record), ttl);
      return { id, key };
    },
    find,
    async revoke(id) {
      if ((await find(id)) === undefined) return false;
      await records.delete(recordName(id));
      await records.delete(useName(id));
      return true;
    },
    lastUsedAt,
    async touch(id) {
      const now = clock();
      if (now - (touched.get(id) ?? -Infinity) < MINUTE) return;
      if (touched.size >= MOST_TOUCHED) touched.clear();
      touched.set(id, now);
      // Another node may have written it.
      if (now - ((await lastUsedAt(id)) ?? -Infinity) < MINUTE) return;
      await records.put(useName(id), String(now), REMEMBERED);
    },
  };
}

const VISIBLE = /^[^\p{C}]{1,100}$/u;

function checkNew({ owner, scopes, resources, description, expiresAt }: NewApiKey, now: number): void {
  if (!VISIBLE.test(owner)) throw new TypeError('An API key needs an owner of 1 to 100 visible characters.');
  if (description !== '' && !VISIBLE.test(description)) {
    throw new TypeError('The description of an API key must have at most 100 visible characters.');
  }
  const wrong = scopes.find((scope) => !isScopeToken(scope));
  if (wrong !== undefined) throw new TypeError(`${JSON.stringify(wrong)} is not a scope name.`);
  if (resources.length === 0) throw new TypeError('An API key needs a mount that it is good for.');
  if (expiresAt !== undefined && !(expiresAt > now)) throw new TypeError('The end of an API key must be to come.');
}
