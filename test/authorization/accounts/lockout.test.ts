import { describe, expect, it } from 'vitest';
import { defaultLockoutLimits, lockout } from '../../../src/authorization/accounts/lockout.ts';
import { memoryStore } from '../../../src/store/memory.ts';

const here = '192.0.2.1';
const elsewhere = '198.51.100.9';

function start(limits = defaultLockoutLimits) {
  let now = 1_800_000_000;
  const clock = () => now;
  const guard = lockout(memoryStore({ clock }), clock, limits);
  const fail = async (username: string, address: string, times: number) => {
    const outcomes = [];
    for (let count = 0; count < times; count += 1) outcomes.push((await guard.begin(username, address)).locked);
    return outcomes;
  };
  return { guard, fail, pass: (seconds: number) => (now += seconds) };
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

  it('pauses an account that is guessed at from everywhere', async () => {
    const { guard } = start();
    for (let count = 0; count < 50; count += 1)
      expect((await guard.begin('ada', `10.0.0.${count}`)).locked).toBe(false);
    expect((await guard.begin('ada', '10.0.1.1')).locked).toBe(true);
    expect((await guard.begin('grace', '10.0.1.1')).locked).toBe(false);
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
});
