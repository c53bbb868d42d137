import { parseArgs } from 'node:util';
import { type ClientSummary, describeClient, operatorClients } from '../authorization/operator-clients.ts';
import { systemClock as clock } from '../core/clock.ts';
import { readKind } from '../store/read-kind.ts';
import { clientRecordsHere } from './client-records-here.ts';
import { type OpenedVault, withVault } from './open.ts';
import { needWord, refuseCommand, refuseMore, UsageError } from './usage.ts';
import { USAGES } from './usages.ts';

/** `gatehouse clients …`: what has registered here. */
export async function clients(args: readonly string[]): Promise<void> {
  const { positionals } = parseArgs({ args: [...args], allowPositionals: true, options: {} });
  const [action, id, ...more] = positionals;
  refuseMore(more, USAGES.clients);
  if (action === 'list') await list();
  else if (action === 'remove') await remove(needWord(id, 'The client id', USAGES.clients));
  else refuseCommand('gatehouse clients', action, USAGES.clients);
}

async function list(): Promise<void> {
  const all = await withVault(summaries);
  if (all.length === 0) console.log('No client has registered yet, or none is kept (REGISTRATION=stateless).');
  for (const client of all) console.log(lineOf(client));
}

/** The newest last. A scan may tell of one twice. */
async function summaries(vault: OpenedVault): Promise<readonly ClientSummary[]> {
  const byId = new Map<string, ClientSummary>();
  for await (const record of readKind(vault, 'client', clock())) {
    const client = describeClient(record);
    byId.set(client.clientId, client);
  }
  return [...byId.values()].sort((one, other) => one.registeredAt - other.registeredAt);
}

function lineOf(client: ClientSummary): string {
  const { clientId, name = '', authMethod, redirectUris, registeredAt, lastUsedAt, endsAt } = client;
  const used = lastUsedAt === undefined ? 'never used' : `used ${dayOf(lastUsedAt)}`;
  const facts = [`registered ${dayOf(registeredAt)}`, used, `ends ${dayOf(endsAt)}`];
  return [clientId, name, authMethod, ...facts, redirectUris.join(' ')].join('\t');
}

const dayOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);

async function remove(id: string): Promise<void> {
  const removed = await withVault((vault) => operatorClients(clientRecordsHere(vault)).remove(id));
  if (!removed) throw new UsageError(`There is no registered client ${id}.`);
  console.log(`Removed ${id}. It is unknown from now on, and what it was given is refused everywhere within a second.`);
}
