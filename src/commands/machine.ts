import { createPublicKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import type { JWK } from 'jose';
import { type Machine, machines } from '../authorization/machines.ts';
import { systemClock } from '../core/clock.ts';
import { withStore } from './open.ts';
import { asUsageError, needWord, needWords, refuseCommand, refuseMore, UsageError } from './usage.ts';
import { USAGES } from './usages.ts';

/** `gatehouse machine …`: clients that get tokens by client_credentials, or for people of a company. */
export async function machine(args: readonly string[]): Promise<void> {
  const { positionals, values } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { scopes: { type: 'string' }, 'public-key': { type: 'string' }, enterprise: { type: 'boolean' } },
  });
  const [action, name, ...more] = positionals;
  refuseMore(more, USAGES.machine);
  if (action === 'add') {
    const { scopes, enterprise = false, 'public-key': keyFile } = values;
    const known = needWord(name, 'The name of the machine', USAGES.machine);
    await add({ name: known, scopes: needWords(scopes, '--scopes', USAGES.machine), enterprise }, keyFile);
  } else if (action === 'remove') await remove(needWord(name, 'The client id', USAGES.machine));
  else if (action === 'list') await list();
  else refuseCommand('gatehouse machine', action, USAGES.machine);
}

async function add(machine: Omit<Machine, 'clientId'>, keyFile: string | undefined): Promise<void> {
  const proof = keyFile === undefined ? { secret: true as const } : { publicKey: await readPublicKey(keyFile) };
  const added = await withStore((store) =>
    machines({ store, clock: systemClock })
      .add({ ...machine, ...proof })
      .catch(asUsageError),
  );
  console.log(`Client id:     ${added.clientId}`);
  if (added.clientSecret !== undefined) console.log(`Client secret: ${added.clientSecret}   (shown this once)`);
}

async function readPublicKey(file: string): Promise<JWK> {
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
  for (const { clientId, name, scopes, enterprise = false } of all) {
    console.log([clientId, name, scopes.join(' '), ...(enterprise ? ['enterprise'] : [])].join('\t'));
  }
}
