import type { Accounts } from './accounts/accounts.ts';
import type { Revocations } from './revocations.ts';

/** The same accounts, where losing an account or changing its password also ends everything given in its name. */
export function revokingAccounts(accounts: Accounts, revocations: Revocations): Accounts {
  return {
    ...accounts,
    async remove(username) {
      const account = await accounts.named(username);
      if (account !== undefined) await revocations.subject(account.subject, 'for_good');
      return accounts.remove(username);
    },
    async setPassword(username, password) {
      await accounts.setPassword(username, password);
      const account = await accounts.named(username);
      if (account !== undefined) await revocations.subject(account.subject);
    },
  };
}
