import type { Clock } from '../../core/clock.ts';
import { networkOf } from '../../core/network-of.ts';
import { sha256 } from '../../core/secrets.ts';
import type { Store } from '../../store/store.ts';
import { foldUsername } from './username.ts';

/** How many failures are let pass before sign-in pauses, and for how long. All times in seconds. */
export interface LockoutLimits {
  /** Of one account from one address. */
  readonly accountAndAddress: number;
  /** Of one account from all places that nobody has signed in to it from. */
  readonly account: number;
  /** Beyond those, one more is let pass each so often: seconds. */
  readonly pace: number;
  /** Of all accounts from one address. */
  readonly address: number;
  /** How long a failure counts, and how long a lock holds after the last of them. */
  readonly window: number;
  /** How long a place is known from where somebody has signed in to an account. */
  readonly known: number;
}

/**
 * In 15 minutes 5 guesses at an account from one place, 100 from one place at all accounts, and at one account from all
 * places unknown to it 35 and one a minute: 4,800 a day, and 480 from each place that it knows for 90 days.
 */
export const defaultLockoutLimits: LockoutLimits = {
  accountAndAddress: 5,
  account: 35,
  pace: 60,
  address: 100,
  window: 900,
  known: 90 * 86_400,
};

/** One attempt to sign in that may go on. Tell how it ended. */
export interface Attempt {
  readonly locked: false;
  /** The password was right: this attempt does not count, what counted against the pair is forgotten, the place is known. */
  succeeded(): Promise<void>;
  /** It never came to a comparison: this attempt does not count. */
  abandoned(): Promise<void>;
}

/** Sign-in pauses. The same for usernames that exist and for those that do not. */
export interface Locked {
  readonly locked: true;
  /** Seconds. */
  readonly retryAfter: number;
}

/**
 * Slows guessing down without locking anybody out: from a place that an account has been signed in to from, only guesses at
 * it from that very place count.
 */
export interface Lockout {
  /** Counts the attempt as failed from the start, so that guesses sent together cannot outrun the count. */
  begin(username: string, address: string): Promise<Attempt | Locked>;
}

interface Counter {
  readonly key: string;
  readonly limit: number;
  /** Seconds from one attempt beyond the limit to the next; without it there is none. */
  readonly pace?: number;
}

/** Failures counted in a store: one record a failure, each as long-lived as the window. */
export function lockout(store: Store, clock: Clock, limits: LockoutLimits = defaultLockoutLimits): Lockout {
  const { window } = limits;
  const slot = (counter: Counter, index: number): string => `sign_in_failure:${counter.key}:${index}`;
  const lock = (counter: Counter): string => `sign_in_lock:${counter.key}`;

  const turn = (counter: Counter): string => `sign_in_turn:${counter.key}`;

  const left = (until: string | undefined): number => (until === undefined ? 0 : Math.max(0, Number(until) - clock()));
  const lockedFor = async (counter: Counter): Promise<number> => {
    const locked = left(await store.get(lock(counter)));
    return locked === 0 || counter.pace === undefined ? locked : left(await store.get(turn(counter)));
  };
  const setLock = (counter: Counter) => store.put(lock(counter), String(clock() + window), window);
  /** A write whose answer was lost may have been done. */
  const takes = async (key: string, value: string, ttl: number, taken: (key: string) => void): Promise<boolean> => {
    const won = await store.putIfAbsent(key, value, ttl).catch((outage: unknown) => {
      taken(key);
      throw outage;
    });
    if (won) taken(key);
    return won;
  };
  /** Takes the first free record and hands it to `taken`; false when as many failures as allowed count already. */
  const count = async (counter: Counter, taken: (key: string) => void): Promise<boolean> => {
    for (let index = 1; index <= counter.limit; index += 1) {
      if (!(await takes(slot(counter, index), '1', window, taken))) continue;
      if (index === counter.limit) await setLock(counter);
      return true;
    }
    await setLock(counter);
    const { pace } = counter;
    return pace !== undefined && takes(turn(counter), String(clock() + pace), pace, taken);
  };

  const { forget, forgetEarlier } = forgetting(store);

  return {
    async begin(username, address) {
      await forgetEarlier();
      const [pair, ...others] = countersOf(username, address, limits);
      const known = `known_place:${pair.key}`;
      const isKnown = (await store.get(known)) !== undefined;
      const counters = isKnown ? [pair] : [pair, ...others];
      const retryAfter = Math.max(...(await Promise.all(counters.map(lockedFor))));
      if (retryAfter > 0) return { locked: true, retryAfter };
      const counted: string[] = [];
      const abandoned = () => forget([...counted, ...counters.map(lock)]);
      try {
        for (const counter of counters) {
          if (await count(counter, (key) => counted.push(key))) continue;
          await forget(counted);
          return { locked: true, retryAfter: counter.pace ?? window };
        }
      } catch (outage) {
        // Told by the error that is thrown; what could not be forgotten now is forgotten later.
        await abandoned().catch(() => undefined);
        throw outage;
      }
      const succeeded = async () => {
        const ofPair = Array.from({ length: pair.limit }, (_, index) => slot(pair, index + 1));
        await forget([...counted, ...counters.map(lock), ...ofPair]);
        if (networkOf(address) !== 'unknown') await store.put(known, '1', limits.known);
      };
      return { locked: false, succeeded, abandoned };
    },
  };
}

/** Beyond so many, the oldest stay counted until their window is over. */
const MOST_UNFORGOTTEN = 1000;

/**
 * Removes what does not count. Where the store is out, an outage must not count as guesses: what it did not take is tried again.
 * Only that: what is gone may by now be the record of another attempt.
 */
function forgetting(store: Store) {
  const unforgotten = new Set<string>();
  const forget = async (keys: readonly string[]): Promise<void> => {
    const outcomes = await Promise.allSettled(keys.map((key) => store.delete(key)));
    const failed = keys.filter((_, index) => outcomes[index]?.status === 'rejected');
    for (const key of failed) unforgotten.add(key);
    for (const oldest of [...unforgotten].slice(0, -MOST_UNFORGOTTEN)) unforgotten.delete(oldest);
    const outage = outcomes.find(({ status }) => status === 'rejected');
    if (outage?.status === 'rejected') throw outage.reason;
  };
  return {
    forget,
    async forgetEarlier(): Promise<void> {
      const keys = [...unforgotten];
      unforgotten.clear();
      await forget(keys);
    },
  };
}

function countersOf(username: string, address: string, limits: LockoutLimits): readonly [Counter, Counter, Counter] {
  const account = foldUsername(username);
  const place = networkOf(address);
  return [
    { key: sha256(JSON.stringify(['pair', account, place])), limit: limits.accountAndAddress },
    { key: sha256(JSON.stringify(['account', account])), limit: limits.account, pace: limits.pace },
    { key: sha256(JSON.stringify(['address', place])), limit: limits.address },
  ];
}
