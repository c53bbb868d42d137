import { parseArgs } from 'node:util';
import { accounts } from '../authorization/accounts/accounts.ts';
import { systemClock } from '../core/clock.ts';
import { withStore } from './open.ts';
import { readPassword } from './password.ts';
import { needWord, UsageError, words } from './usage.ts';

const USAGE = `gatehouse user add <name> [--scopes notes:read,notes:write | --scopes all] [--display-name "Ada"] [--email ada@example.com]
gatehouse user list
gatehouse user remove <name>

The password is asked for, or read from the first line of a pipe.`;

/** `gatehouse user …`: the accounts of our own sign-in page. */
export async function user(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { scopes: { type: 'string' }, 'display-name': { type: 'string' }, email: { type: 'string' } },
  });
  const [action, name] = positionals;
  if (action === 'add') {
    const username = needWord(name, 'The name of the account', USAGE);
    await add(username, { scopes: values.scopes, name: values['display-name'], email: values.email });
  } else if (action === 'remove') await remove(needWord(name, 'The name of the account', USAGE));
  else if (action === 'list') await list();
  else throw new UsageError(USAGE);
}

async function add(
  username: string,
  options: { scopes: string | undefined; name: string | undefined; email: string | undefined },
): Promise<void> {
  const password = await readPassword();
  const scopes = options.scopes === 'all' ? 'all' : (words(options.scopes) ?? []);
  const { name, email } = options;
  await withStore((store) =>
    accounts({ store, clock: systemClock }).add({
      username,
      password,
      scopes,
      ...(name !== undefined && { name }),
      ...(email !== undefined && { email }),
    }),
  );
  console.log(`Added ${username}. May grant: ${scopes === 'all' ? 'every scope' : scopes.join(' ') || 'no scopes'}.`);
}

async function remove(username: string): Promise<void> {
  await withStore((store) => accounts({ store, clock: systemClock }).remove(username));
  console.log(`Removed ${username}. Tokens already issued to it stop at the next check.`);
}

async function list(): Promise<void> {
  const all = await withStore((store) => accounts({ store, clock: systemClock }).list());
  if (all.length === 0) console.log('There are no accounts yet: gatehouse user add <name>');
  for (const { username, name, scopes } of all) {
    console.log(`${username}\t${name ?? ''}\t${scopes === 'all' ? 'every scope' : scopes.join(' ')}`);
  }
}
