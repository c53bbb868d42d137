import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { machines } from '../authorization/machines.ts';
import { systemClock } from '../core/clock.ts';
import { withStore } from './open.ts';
import { asUsageError, needWord, UsageError, words } from './usage.ts';

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
  const proof = keyFile === undefined ? { secret: true as const } : { publicKey: await readPublicKey(keyFile) };
  const added = await withStore((store) =>
    machines({ store, clock: systemClock })
      .add({ name, scopes, ...proof })
      .catch(asUsageError),
  );
  console.log(`Client id:     ${added.clientId}`);
  if (added.clientSecret !== undefined) console.log(`Client secret: ${added.clientSecret}   (shown this once)`);
}

async function readPublicKey(file: string): Promise<JsonWebKey> {
  const pem = await readFile(file).catch(() => {
    throw new UsageError(`${file} cannot be read.`);
  });
  try {
    return createPublicKey(pem).export({ format: 'jwk' });
  } catch {
    throw new UsageError(`${file} holds no public key that can be read (PEM).`);
  }
}

async function remove(clientId: string): Promise<void> {
  const removed = await withStore((store) => machines({ store, clock: systemClock }).remove(clientId));
  if (!removed) throw new UsageError(`There is no machine client ${clientId}.`);
  console.log(`Removed ${clientId}. Its tokens are refused from now on.`);
}

async function list(): Promise<void> {
  const all = await withStore((store) => machines({ store, clock: systemClock }).list());
  if (all.length === 0) console.log('There are no machine clients yet: gatehouse machine add <name> --scopes …');
  for (const { clientId, name, scopes } of all) console.log(`${clientId}\t${name}\t${scopes.join(' ')}`);
}
