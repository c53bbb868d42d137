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
  const takeTurn = async (counter: Counter, pace: number): Promise<string | undefined> =>
    (await store.putIfAbsent(turn(counter), String(clock() + pace), pace)) ? turn(counter) : undefined;
  /** Takes the first free record; undefined when as many failures as allowed count already. */
  const count = async (counter: Counter): Promise<string | undefined> => {
    for (let index = 1; index <= counter.limit; index += 1) {
      if (await store.putIfAbsent(slot(counter, index), '1', window)) {
        if (index === counter.limit) await setLock(counter);
        return slot(counter, index);
      }
    }
    await setLock(counter);
    return counter.pace === undefined ? undefined : takeTurn(counter, counter.pace);
  };

  return {
    async begin(username, address) {
      const [pair, ...others] = countersOf(username, address, limits);
      const known = `known_place:${pair.key}`;
      const isKnown = (await store.get(known)) !== undefined;
      const counters = isKnown ? [pair] : [pair, ...others];
      const retryAfter = Math.max(...(await Promise.all(counters.map(lockedFor))));
      if (retryAfter > 0) return { locked: true, retryAfter };
      const counted: string[] = [];
      const abandoned = async () => {
        await Promise.all([
          ...counted.map((key) => store.delete(key)),
          ...counters.map((each) => store.delete(lock(each))),
        ]);
      };
      for (const counter of counters) {
        const key = await count(counter);
        if (key === undefined) {
          await Promise.all(counted.map((taken) => store.delete(taken)));
          return { locked: true, retryAfter: counter.pace ?? window };
        }
        counted.push(key);
      }
      const succeeded = async () => {
        await abandoned();
        if (networkOf(address) !== 'unknown') await store.put(known, '1', limits.known);
        for (let index = 1; index <= pair.limit; index += 1) await store.delete(slot(pair, index));
      };
      return { locked: false, succeeded, abandoned };
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
