import type { JsonWebKey } from 'node:crypto';
import { local } from '../../../providers/local.ts';
import { createHost, type HostOptions } from '../../../src/host/create-host.ts';
import { defineServer } from '../../../src/mcp/define-server.ts';

// One of two processes that race. Its argument is a `NodePlan`; it says what it has made, and serves until it is ended.

/** What a process serves: hosts that have nothing to do with each other, each over a store that another process serves too. */
export interface NodePlan {
  readonly hosts: readonly Omit<HostOptions, 'auth'>[];
  /** For one of the processes: whom each store shall know. */
  readonly known?: { readonly username: string; readonly password: string; readonly publicKey: JsonWebKey };
}

const { hosts, known } = JSON.parse(process.argv[2] ?? '') as NodePlan;
const notes = defineServer({ name: 'notes', version: '1.0.0', scopes: { 'notes:read': 'Read your notes' } });
notes.tool('list_notes', { description: 'Lists', scopes: ['notes:read'] }, () => 'none');
const machines: string[] = [];
for (const settings of hosts) {
  const host = createHost({ auth: local(), logLevel: 'silent', ...settings });
  host.mount('/notes', notes);
  await host.listen();
  if (known === undefined) continue;
  const { username, password, publicKey } = known;
  await host.authorization.accounts.add({ username, password, scopes: 'all' });
  const machine = { name: 'With a key', scopes: ['notes:read'], publicKey };
  machines.push((await host.authorization.machines.add(machine)).clientId);
}
console.log(`serving ${machines.join(' ')}.`);
