import { randomBytes } from 'node:crypto';
import type { Host } from 'mcp-gatehouse';

/** Whom an example knows: people with the scopes that they may grant, and machines with the most that they can ask for. */
export interface Callers {
  readonly people?: Readonly<Record<string, readonly string[] | 'all'>>;
  readonly machines?: Readonly<Record<string, readonly string[]>>;
}

/** A machine that can now get tokens by `client_credentials`. */
export interface MachineSecret {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * Starts the host, adds these callers with fresh passwords and secrets, and prints them: the examples keep their state in
 * memory, so each run begins anew.
 */
export async function addCallers(host: Host, { people = {}, machines = {} }: Callers): Promise<void> {
  await host.start();
  for (const [username, scopes] of Object.entries(people)) {
    const password = randomBytes(9).toString('base64url');
    await host.authorization.accounts.add({ username, password, scopes, name: username });
    console.log(`person   ${username}, password ${password}, may grant ${scopes === 'all' ? scopes : wordsOf(scopes)}`);
  }
  for (const [name, scopes] of Object.entries(machines)) {
    const { clientId, clientSecret } = await addMachine(host, name, scopes);
    console.log(`machine  ${name}, id ${clientId}, secret ${clientSecret}, may ask for ${wordsOf(scopes)}`);
  }
}

/** Adds a machine to a host that has started. */
export async function addMachine(host: Host, name: string, scopes: readonly string[]): Promise<MachineSecret> {
  const { clientId, clientSecret = '' } = await host.authorization.machines.add({ name, scopes, secret: true });
  return { clientId, clientSecret };
}

const wordsOf = (scopes: readonly string[]): string => scopes.join(' ') || 'no scope';
