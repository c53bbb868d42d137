import { describe, expect, it } from 'vitest';
import { defaultLockoutLimits, type Lockout, lockout } from '../../../src/authorization/accounts/lockout.ts';
import { Unavailable } from '../../../src/core/errors.ts';
import { memoryStore } from '../../../src/store/memory.ts';

const here = '192.0.2.1';
const elsewhere = '198.51.100.9';

function start(limits = defaultLockoutLimits) {
  let now = 1_800_000_000;
  const clock = () => now;
  const memory = memoryStore({ clock });
  /** After so many more writes the store is out; each write that fails was done nevertheless. */
  const outage = { after: Infinity };
  const failing =
    <A extends readonly unknown[], T>(write: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      const answer = await write(...args);
      outage.after -= 1;
      if (outage.after < 0) throw new Unavailable('the answer was lost');
      return answer;
    };
  /** Deletes wait while they are held. */
  let held: PromiseWithResolvers<void> | undefined;
  const deleted: string[] = [];
  const remove = async (key: string): Promise<void> => {
    deleted.push(key);
    await held?.promise;
    await memory.delete(key);
  };
  const store = {
    ...memory,
    putIfAbsent: failing(memory.putIfAbsent),
    put: failing(memory.put),
    delete: failing(remove),
  };
  const guard = lockout(store, clock, limits);
  const fail = async (username: string, address: string, times: number) => {
    const outcomes = [];
    for (let count = 0; count < times; count += 1) outcomes.push((await guard.begin(username, address)).locked);
    return outcomes;
  };
  const hold = () => {
    held = Promise.withResolvers();
    return held.resolve;
  };
  return { guard, fail, outage, hold, deleted, pass: (seconds: number) => (now += seconds) };
}

describe('the lockout', () => {
  it('CO-20 pauses one account from one address after five failures, for fifteen minutes', async () => {
    const { guard, fail, pass } = start();
    expect(await fail('ada', here, 6)).toEqual([false, false, false, false, false, true]);
    pass(300);
    expect(await guard.begin('ada', here)).toEqual({ locked: true, retryAfter: 600 });
    pass(599);
    expect(await guard.begin('ada', here)).toEqual({ locked: true, retryAfter: 1 });
    pass(1);
    expect((await guard.begin('ada', here)).locked).toBe(false);
  });

  it('CO-20 locks neither other accounts from there nor this account from elsewhere', async () => {
    const { guard, fail } = start();
    await fail('ada', here, 6);
    expect((await guard.begin('grace', here)).locked).toBe(false);
    expect((await guard.begin('ada', elsewhere)).locked).toBe(false);
    expect((await guard.begin('ADA', here)).locked).toBe(true);
  });

  it('CO-20 lets no more than five of a hundred guesses through that arrive together', async () => {
    const { guard } = start();
    const attempts = await Promise.all(Array.from({ length: 100 }, () => guard.begin('ada', here)));
    expect(attempts.filter(({ locked }) => !locked)).toHaveLength(5);
  });

  const succeed = async (guard: Lockout, username: string, address: string) => {
    const attempt = await guard.begin(username, address);
    if (attempt.locked) throw new Error('This attempt must be let through.');
    await attempt.succeeded();
  };
  /** Guesses at one account from a thousand addresses, until nothing goes any more. */
  const attack = async (guard: Lockout, username: string) => {
    let through = 0;
    for (let count = 0; count < 1000; count += 1) {
      if ((await guard.begin(username, `10.0.${count >> 8}.${count & 255}`)).locked) break;
      through += 1;
    }
    return through;
  };

  it('CO-20 slows guesses at an account from everywhere down to one a minute, and locks no other', async () => {
    const { guard, pass } = start();
    expect(await attack(guard, 'ada')).toBe(36);
    expect(await guard.begin('ada', '10.9.9.9')).toEqual({ locked: true, retryAfter: 60 });
    expect((await guard.begin('grace', '10.9.9.9')).locked).toBe(false);
    pass(59);
    expect(await guard.begin('ada', '10.9.9.9')).toEqual({ locked: true, retryAfter: 1 });
    pass(1);
    const together = await Promise.all(Array.from({ length: 50 }, (_, host) => guard.begin('ada', `10.8.8.${host}`)));
    expect(together.filter(({ locked }) => !locked)).toHaveLength(1);
  });

  it('CO-20 lets no more than 4,800 guesses a day through at one account, from however many addresses', async () => {
    const { guard, pass } = start();
    let through = 0;
    for (let second = 0; second < 6 * 3600; second += 30) {
      for (let guess = 0; guess < 50; guess += 1) {
        if ((await guard.begin('ada', `10.${second >> 8}.${second & 255}.${guess}`)).locked) break;
        through += 1;
      }
      pass(30);
    }
    expect(through).toBeLessThanOrEqual(1200);
  });

  it('CO-20 keeps nobody out where they have signed in before, whoever guesses from elsewhere or at others', async () => {
    const { guard, fail, pass } = start();
    await succeed(guard, 'ada', here);
    await attack(guard, 'ada');
    expect((await guard.begin('ada', elsewhere)).locked).toBe(true);
    for (let count = 0; count < 101; count += 1) await guard.begin(`user${count}`, here);
    expect((await guard.begin('grace', here)).locked).toBe(true);
    await succeed(guard, 'ada', here);
    expect(await fail('Ada', here, 6)).toEqual([false, false, false, false, false, true]);
    pass(90 * 86_400);
    await attack(guard, 'ada');
    expect((await guard.begin('ada', here)).locked).toBe(true);
  });

  it('CO-20 knows no place by an address that is none', async () => {
    const { guard } = start();
    await succeed(guard, 'ada', '');
    await attack(guard, 'ada');
    expect((await guard.begin('ada', '')).locked).toBe(true);
  });

  it('pauses an address that guesses at everybody', async () => {
    const { guard } = start();
    for (let count = 0; count < 100; count += 1) expect((await guard.begin(`user${count}`, here)).locked).toBe(false);
    expect((await guard.begin('ada', here)).locked).toBe(true);
    expect((await guard.begin('ada', elsewhere)).locked).toBe(false);
  });

  it('forgets the failures of whoever signs in, from there', async () => {
    const { guard, fail } = start();
    await fail('ada', here, 4);
    const fifth = await guard.begin('ada', here);
    if (fifth.locked) throw new Error('The fifth attempt must be let through.');
    await fifth.succeeded();
    expect(await fail('ada', here, 6)).toEqual([false, false, false, false, false, true]);
  });

  it('does not count an attempt that never came to a comparison', async () => {
    const { guard } = start();
    for (let count = 0; count < 12; count += 1) {
      const attempt = await guard.begin('ada', here);
      if (attempt.locked) throw new Error('An abandoned attempt must not count.');
      await attempt.abandoned();
    }
  });

  it('F12 counts no attempt that an outage of the store cut short, wherever it did, and still counts guesses', async () => {
    const { guard, fail, outage } = start();
    for (let writes = 0; writes < 24; writes += 1) {
      outage.after = writes;
      const attempt = await guard.begin('ada', here).catch(() => undefined);
      if (attempt?.locked === false) await attempt.succeeded().catch(() => undefined);
      outage.after = Infinity;
      expect(attempt?.locked, `after ${writes} writes`).not.toBe(true);
    }
    expect(await fail('ada', here, 6)).toEqual([false, false, false, false, false, true]);
  });

  it('CO-20 removes the count of an attempt once: by then it may be that of another', async () => {
    const { guard, hold, deleted } = start();
    const honest = await guard.begin('ada', here);
    if (honest.locked) throw new Error('The first attempt must be let through.');
    const release = hold();
    const ending = honest.abandoned();
    await guard.begin('grace', here);
    release();
    await ending;
    expect(deleted.filter((key) => deleted.indexOf(key) !== deleted.lastIndexOf(key))).toEqual([]);
    expect(deleted.length).toBeGreaterThan(0);
  });
});
