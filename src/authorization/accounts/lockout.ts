import type { Clock } from '../../core/clock.ts';
import { networkOf } from '../../core/network-of.ts';
import { sha256 } from '../../core/secrets.ts';
import type { Store } from '../../store/store.ts';
import { foldUsername } from './username.ts';

/** How many failures are let pass before sign-in pauses, and for how long. All times in seconds. */
export interface LockoutLimits {
  /** Of one account from one address. */
  readonly accountAndAddress: number;
  /** Of one account from anywhere. */
  readonly account: number;
  /** Of all accounts from one address. */
  readonly address: number;
  /** How long a failure counts, and how long a lock holds after the last of them. */
  readonly window: number;
}

/** 5 guesses at an account from one place, 50 from everywhere, 100 from one place at all accounts; 15 minutes. */
export const defaultLockoutLimits: LockoutLimits = { accountAndAddress: 5, account: 50, address: 100, window: 900 };

/** One attempt to sign in that may go on. Tell how it ended. */
export interface Attempt {
  readonly locked: false;
  /** The password was right: this attempt does not count, and what counted against the pair is forgotten. */
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

/** Slows guessing down without locking anybody out from elsewhere. */
export interface Lockout {
  /** Counts the attempt as failed from the start, so that guesses sent together cannot outrun the count. */
  begin(username: string, address: string): Promise<Attempt | Locked>;
}

interface Counter {
  readonly key: string;
  readonly limit: number;
}

/** Failures counted in a store: one record a failure, each as long-lived as the window. */
export function lockout(store: Store, clock: Clock, limits: LockoutLimits = defaultLockoutLimits): Lockout {
  const { window } = limits;
  const slot = (counter: Counter, index: number): string => `sign_in_failure:${counter.key}:${index}`;
  const lock = (counter: Counter): string => `sign_in_lock:${counter.key}`;

  const lockedFor = async (counter: Counter): Promise<number> => {
    const until = await store.get(lock(counter));
    return until === undefined ? 0 : Math.max(0, Number(until) - clock());
  };
  const setLock = (counter: Counter) => store.put(lock(counter), String(clock() + window), window);
  /** Takes the first free record; undefined when as many failures as allowed count already. */
  const count = async (counter: Counter): Promise<string | undefined> => {
    for (let index = 1; index <= counter.limit; index += 1) {
      if (await store.putIfAbsent(slot(counter, index), '1', window)) {
        if (index === counter.limit) await setLock(counter);
        return slot(counter, index);
      }
    }
    await setLock(counter);
    return undefined;
  };

  return {
    async begin(username, address) {
      const counters = countersOf(username, address, limits);
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
          return { locked: true, retryAfter: window };
        }
        counted.push(key);
      }
      const [pair] = counters;
      const succeeded = async () => {
        await abandoned();
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
    { key: sha256(JSON.stringify(['account', account])), limit: limits.account },
    { key: sha256(JSON.stringify(['address', place])), limit: limits.address },
  ];
}
