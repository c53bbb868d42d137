import { expect, it } from 'vitest';
import { accounts } from '../../src/authorization/accounts/accounts.ts';
import { revocations } from '../../src/authorization/revocations.ts';
import { revokingAccounts } from '../../src/authorization/revoking-accounts.ts';
import { readConfig } from '../../src/config.ts';
import { accountEndings } from '../../src/host/account-endings.ts';
import { memoryStore } from '../../src/store/memory.ts';

const YEAR = 365 * 86_400;

it('AK-03 what an account was given before its password changed stays ended, however long nobody tries it', async () => {
  let now = 1_800_000_000;
  const clock = () => now;
  const store = memoryStore({ clock });
  const people = revokingAccounts(accounts({ store, clock }), revocations({ store, clock }));
  // A node that has just started remembers no answer.
  const isEnded = (account: string, givenAt: number) =>
    accountEndings(store, readConfig({}, {}), clock)(account, givenAt);
  const { subject } = await people.add({ username: 'ada', password: 'the engine weaves' });
  const givenAt = now;
  now += 10;
  expect(await isEnded(subject, givenAt)).toBe(false);
  await people.setPassword('ada', 'the engine weaves anew');

  now += YEAR;
  expect(await isEnded(subject, givenAt)).toBe(true);
  expect(await isEnded(subject, now)).toBe(false);
});
