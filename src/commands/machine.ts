import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { machines } from '../authorization/machines.ts';
import { systemClock } from '../core/clock.ts';
import { withStore } from './open.ts';
import { needWord, UsageError, words } from './usage.ts';

const USAGE = `gatehouse machine add <name> --scopes notes:read,notes:write [--public-key key.pem]
gatehouse machine list
gatehouse machine remove <client id>

Without --public-key a secret is made and shown once.`;

/** `gatehouse machine …`: clients that get tokens by client_credentials. */
export async function machine(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { scopes: { type: 'string' }, 'public-key': { type: 'string' } },
  });
  const [action, name] = positionals;
  if (action === 'add') {
    await add(needWord(name, 'The name of the machine', USAGE), words(values.scopes) ?? [], values['public-key']);
  } else if (action === 'remove') await remove(needWord(name, 'The client id', USAGE));
  else if (action === 'list') await list();
  else throw new UsageError(USAGE);
}

async function add(name: string, scopes: readonly string[], keyFile: string | undefined): Promise<void> {
  const proof =
    keyFile === undefined
      ? { secret: true as const }
      : { publicKey: createPublicKey(await readFile(keyFile)).export({ format: 'jwk' }) };
  const added = await withStore((store) => machines({ store, clock: systemClock }).add({ name, scopes, ...proof }));
  console.log(`Client id:     ${added.clientId}`);
  if (added.clientSecret !== undefined) console.log(`Client secret: ${added.clientSecret}   (shown this once)`);
}

async function remove(clientId: string): Promise<void> {
  await withStore((store) => machines({ store, clock: systemClock }).remove(clientId));
  console.log(`Removed ${clientId}.`);
}

async function list(): Promise<void> {
  const all = await withStore((store) => machines({ store, clock: systemClock }).list());
  if (all.length === 0) console.log('There are no machine clients yet: gatehouse machine add <name> --scopes …');
  for (const { clientId, name, scopes } of all) console.log(`${clientId}\t${name}\t${scopes.join(' ')}`);
}
