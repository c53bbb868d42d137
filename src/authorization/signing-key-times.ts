import type { Lifetimes } from './lifetimes.ts';

/** A key by its times, in seconds since 1970. */
export interface InTurn {
  readonly createdAt: number;
  /** The second from which it signs, until the next one in its list does. Left out: since it was made. */
  readonly signsFrom?: number;
  /** The second at which it stopped, where the one that followed is gone. */
  readonly signsUntil?: number;
}

/** At least one key, in the order in which they sign. */
export type Keys<K> = readonly [K, ...K[]];

/** What a key is for at a time. */
export type KeyUse = 'next' | 'signs' | 'verifies' | 'over';

/** A key with its use, and when that changes. Seconds since 1970. */
export interface TimedKey<K> {
  readonly key: K;
  readonly use: KeyUse;
  /** Signs from here ... */
  readonly from: number;
  /** ... and is published until here; undefined as long as no other key follows. */
  readonly until: number | undefined;
}

/** By which clocks of several machines may differ, in seconds. */
const SKEW = 60;
/** Longest lifetime of a token that any verifier of ours takes: after that a key is worth nothing. */
const LONGEST_TOKEN = 86_400 + SKEW;

/** How long a key verifies after the next one has begun to sign: until its last token has expired on every clock. Seconds. */
export const signingKeyOverlap = (lifetimes: Pick<Lifetimes, 'userAccess' | 'machineAccess'>): number =>
  Math.max(lifetimes.userAccess, lifetimes.machineAccess) + SKEW;

/** The same for the keys of cookies: until the last cookie of a sign-in or a session has ended. Seconds. */
export const cookieKeyOverlap = (lifetimes: Pick<Lifetimes, 'interaction' | 'session'>): number =>
  Math.max(lifetimes.interaction, lifetimes.session) + SKEW;

/** From when a key signs. */
export const startOf = ({ signsFrom, createdAt }: InTurn): number => signsFrom ?? createdAt;

/** The key to sign with: the last one whose time has come. */
export const signingKeyAt = <K extends InTurn>(keys: Keys<K>, now: number): K =>
  keys.findLast((key) => startOf(key) <= now) ?? keys[0];

/** What each key is for. `overlap`: how long one verifies after the next one has begun to sign, in seconds. */
export function timeKeys<K extends InTurn>(keys: Keys<K>, now: number, overlap: number): readonly TimedKey<K>[] {
  const signing = keys.indexOf(signingKeyAt(keys, now));
  return keys.map((key, index) => {
    const next = keys[index + 1];
    const until = next === undefined ? undefined : (key.signsUntil ?? startOf(next)) + overlap;
    const verifying = until === undefined || until > now ? 'verifies' : 'over';
    const use = index === signing ? 'signs' : index > signing ? 'next' : verifying;
    return { key, use, from: startOf(key), until };
  });
}

/** The keys that are published: the one that signs, the next one, and those whose last tokens have not expired. */
export const publishedAt = <K extends InTurn>(keys: Keys<K>, now: number, overlap: number): readonly K[] =>
  timeKeys(keys, now, overlap).flatMap(({ key, use }) => (use === 'over' ? [] : [key]));

/**
 * The keys with `fresh` after them, which signs `lead` seconds from now. Undefined while another one waits for its time.
 * `keep`: how long one that was followed is worth keeping, in seconds.
 */
export function withNext<K extends InTurn>(
  keys: Keys<K>,
  fresh: K,
  now: number,
  lead: number,
  keep = LONGEST_TOKEN,
): Keys<K> | undefined {
  if (timeKeys(keys, now, 0).some(({ use }) => use === 'next')) return undefined;
  const [first, ...rest] = withoutOver(keys, now, keep);
  return [first, ...rest, { ...fresh, signsFrom: now + lead }];
}

/**
 * The keys without one of them. Where that one signs now the next one takes over at once, and `fresh` where there is none.
 * Undefined when there is no such key. `keep` as above.
 */
export function withoutKey<K extends InTurn>(
  keys: Keys<K>,
  isGone: (key: K) => boolean,
  fresh: K,
  now: number,
  keep = LONGEST_TOKEN,
): Keys<K> | undefined {
  const at = keys.findIndex(isGone);
  const gone = keys[at];
  if (gone === undefined) return undefined;
  const signing = keys.indexOf(signingKeyAt(keys, now));
  // What the key that goes has replaced stays replaced since then.
  const before = keys
    .slice(0, at)
    .map((key, index) => (index === at - 1 && at <= signing ? { signsUntil: startOf(gone), ...key } : key));
  const after = keys.slice(at + 1);
  if (at !== signing) return listOf([...before, ...after]);
  const [successor = fresh, ...later] = after;
  return withoutOver(listOf([...before, { ...successor, signsFrom: now }, ...later]), now, keep);
}

/** Keys that nobody takes any more are not kept. */
const withoutOver = <K extends InTurn>(keys: Keys<K>, now: number, keep: number): Keys<K> =>
  listOf(publishedAt(keys, now, keep));

function listOf<K>([first, ...rest]: readonly K[]): Keys<K> {
  if (first === undefined) throw new TypeError('There must be a key to sign with.');
  return [first, ...rest];
}
