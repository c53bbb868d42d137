import { parseArgs } from 'node:util';
import { accounts } from '../authorization/accounts/accounts.ts';
import { revocations } from '../authorization/revocations.ts';
import { revokingAccounts } from '../authorization/revoking-accounts.ts';
import { systemClock } from '../core/clock.ts';
import type { Store } from '../store/store.ts';
import { withStore } from './open.ts';
import { readPassword } from './password.ts';
import { asUsageError, needWord, refuseCommand, refuseMore, UsageError, words } from './usage.ts';
import { USAGES } from './usages.ts';

/** What removing an account ends, it ends for a running server too: both read the same store. */
const accountsOf = (store: Store) =>
  revokingAccounts(accounts({ store, clock: systemClock }), revocations({ store, clock: systemClock }));

/** `gatehouse user …`: the accounts of our own sign-in page. */
export async function user(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { scopes: { type: 'string' }, 'display-name': { type: 'string' }, email: { type: 'string' } },
  });
  const [action, name, ...more] = positionals;
  refuseMore(more, USAGES.user);
  if (action === 'add') {
    const username = needWord(name, 'The name of the account', USAGES.user);
    await add(username, { scopes: values.scopes, name: values['display-name'], email: values.email });
  } else if (action === 'remove') await remove(needWord(name, 'The name of the account', USAGES.user));
  else if (action === 'list') await list();
  else refuseCommand('gatehouse user', action, USAGES.user);
}

async function add(
  username: string,
  options: { scopes: string | undefined; name: string | undefined; email: string | undefined },
): Promise<void> {
  const password = await readPassword();
  const scopes = options.scopes === 'all' ? 'all' : (words(options.scopes) ?? []);
  const { name, email } = options;
  await withStore((store) =>
    accountsOf(store)
      .add({ username, password, scopes, ...(name !== undefined && { name }), ...(email !== undefined && { email }) })
      .catch(asUsageError),
  );
  console.log(`Added ${username}. May grant: ${scopes === 'all' ? 'every scope' : scopes.join(' ') || 'no scopes'}.`);
}

async function remove(username: string): Promise<void> {
  const removed = await withStore((store) => accountsOf(store).remove(username));
  if (!removed) throw new UsageError(`There is no account ${username}.`);
  console.log(`Removed ${username}. Its tokens are refused from now on.`);
}

async function list(): Promise<void> {
  const all = await withStore((store) => accountsOf(store).list());
  if (all.length === 0) console.log('There are no accounts yet: gatehouse user add <name>');
  for (const { username, name, scopes } of all) {
    console.log(`${username}\t${name ?? ''}\t${scopes === 'all' ? 'every scope' : scopes.join(' ')}`);
  }
}
