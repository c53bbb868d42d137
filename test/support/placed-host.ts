import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express } from 'express';
import { echo } from '../../examples/demo/echo.ts';
import { math } from '../../examples/demo/math.ts';
import { notes } from '../../examples/demo/notes.ts';
import { local } from '../../providers/local.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { createHost, type Host, type HostOptions } from '../../src/host/create-host.ts';
import { createLog } from '../../src/observe/log.ts';
import { PASSWORDS } from './world.ts';

/** A host in a place of its own: below a path, or inside of somebody else's app. */
export interface PlacedHost {
  /** The published URL, no trailing slash, with its path. */
  readonly url: string;
  readonly origin: string;
  readonly port: number;
  readonly host: Host;
  readonly logged: readonly string[];
  close(): Promise<void>;
}

/** Where the host is. */
export interface Placement {
  /** The path of the published URL; empty for the root of its origin. */
  readonly path?: string;
  /** Puts the host into an app of somebody else. Left out, the host listens by itself. */
  readonly into?: (app: Express, host: Host) => void;
  readonly settings?: Partial<HostOptions>;
}

/** Starts the demo's mounts and accounts, kept in memory, at such a place. */
export async function startPlacedHost({ path = '', into, settings }: Placement = {}): Promise<PlacedHost> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://localhost:${port}`;
  const logged: string[] = [];
  const log = createLog('debug', { write: (line: string) => void logged.push(line) });
  const memory = { keys: [generateFernetKey()], storeUrl: 'memory:', shutdownGrace: 0 };
  const host = createHost({ auth: local(), publicUrl: `${origin}${path}`, log, ...memory, ...settings });
  host
    .mount('/echo', echo())
    .mount('/math', math())
    .mount('/notes', notes({ file: ':memory:' }));
  await host.start();
  await host.authorization.accounts.add({ username: 'ada', password: PASSWORDS.ada, name: 'Ada' });
  if (into === undefined) host.attach(server);
  else {
    const app = express();
    into(app, host);
    server.on('request', app);
  }
  return {
    url: `${origin}${path}`,
    origin,
    port,
    host,
    logged,
    async close() {
      await host.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
