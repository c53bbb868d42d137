import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { echo } from '../../examples/demo/echo.ts';
import { math } from '../../examples/demo/math.ts';
import { notes } from '../../examples/demo/notes.ts';
import { local } from '../../providers/local.ts';
import { createHost, type Host, type HostOptions } from '../../src/host/create-host.ts';
import { createLog } from '../../src/observe/log.ts';
import { freePort } from './free-port.ts';

/** The passwords of the two accounts that every world has: `ada` may grant everything, `grace` only notes:read. */
export const PASSWORDS = { ada: 'the engine weaves', grace: 'a moth in the relay' } as const;

/** A host that really listens, on a port of its own, over a folder of its own. */
export interface World {
  /** The published URL, no trailing slash. */
  readonly url: string;
  readonly host: Host;
  readonly directory: string;
  /** Every line the host has logged. */
  readonly logged: readonly string[];
  close(): Promise<void>;
}

/** What can differ from the demo: settings, the mounts, and the folder and server of an earlier world to go on with. */
export interface WorldOptions {
  readonly settings?: Partial<HostOptions>;
  readonly mount?: (host: Host, directory: string) => void;
  readonly directory?: string;
  readonly port?: number;
}

/** Starts a host with the demo's mounts and accounts. */
export async function startWorld({ settings, mount = mountDemo, directory, port }: WorldOptions = {}): Promise<World> {
  const server = createServer();
  const url = `http://localhost:${await listen(server, port ?? (await freePort()))}`;
  const folder = directory ?? (await mkdtemp(join(tmpdir(), 'gatehouse-')));
  const logged: string[] = [];
  const log = createLog('debug', { write: (line: string) => void logged.push(line) });
  const host = createHost({ auth: local(), publicUrl: url, directory: folder, log, shutdownGrace: 0, ...settings });
  mount(host, folder);
  await host.start();
  // People of another provider have no account here.
  if (directory === undefined && settings?.auth === undefined) await addAccounts(host);
  host.attach(server);
  return {
    url,
    host,
    directory: folder,
    logged,
    close: async () => {
      await host.close();
      if (directory === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The demo's three servers. */
export function mountDemo(host: Host, directory: string): void {
  host.mount('/echo', echo());
  host.mount('/math', math());
  host.mount('/notes', notes({ file: join(directory, 'notes.db') }));
}

async function addAccounts({ authorization: { accounts } }: Host): Promise<void> {
  await accounts.add({ username: 'ada', password: PASSWORDS.ada, name: 'Ada', scopes: 'all' });
  await accounts.add({ username: 'grace', password: PASSWORDS.grace, name: 'Grace', scopes: ['notes:read'] });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, 'localhost', () => resolve(port));
  });
}
