import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { type Child, startNode } from '../support/child.ts';
import type { CommandProxy } from '../support/command-proxy.ts';
import { freePort } from '../support/free-port.ts';
import { roundRobin } from '../support/round-robin.ts';
import { type TcpProxy, tcpProxy } from '../support/tcp-proxy.ts';
import type { Database } from './database.ts';

const ROOT = join(import.meta.dirname, '../..');
const APP = join(ROOT, 'test/faults/app.ts');

/** Seconds after which a refresh token that was used is a replay. */
export const GRACE = 4;
/** Seconds that an access token is good for, and that verifiers add for clocks that differ. */
export const ACCESS_LIFETIME = 30;
export const SKEW = 30;

/** A process of its own that serves the app of the campaign, with a line of its own to the database. */
export interface Node {
  readonly url: string;
  /** Delays, drops and closes the line. */
  readonly line: TcpProxy;
  /** Decides about single commands. */
  readonly commands: CommandProxy;
  readonly alive: boolean;
  /** How often it has ended without being told to. */
  readonly crashes: number;
  kill(): Promise<void>;
  signal(name: 'SIGUSR2'): void;
  /** Starts it again, with other settings than before where some are given, or as another checkout has it. */
  restart(environment?: Readonly<Record<string, string>>, app?: string, root?: string): Promise<void>;
  output(): string;
  /** Memory in MB and open descriptors. */
  weight(): { readonly megabytes: number; readonly descriptors: number };
}

/** Two nodes behind a balancer, and as many beside it as a fault asks for. */
export interface Deployment {
  readonly url: string;
  readonly database: Database;
  /** What the store is sealed with, for whoever reaches it past its nodes. */
  keys: readonly string[];
  readonly nodes: readonly [Node, Node];
  /** Every node there ever was. */
  readonly all: readonly Node[];
  /** One more node that the balancer does not know. */
  spare(): Promise<Node>;
  /** The balancer sends nothing to a node until all are put back. */
  takeOut(node: Node): void;
  putBack(): void;
  close(): Promise<void>;
}

/** Starts all of it over a database, with settings beside those of every campaign. */
export async function deploy(database: Database, settings: Readonly<Record<string, string>> = {}): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-faults-'));
  const balancer = await roundRobin();
  const keys = [generateFernetKey()];
  const environment = {
    PUBLIC_URL: balancer.url,
    HOST: '127.0.0.1',
    GATEHOUSE_DIR: directory,
    GATEHOUSE_KEYS: keys.join(),
    REFRESH_GRACE: `${GRACE}`,
    ACCESS_TOKEN_LIFETIME: `${ACCESS_LIFETIME}`,
    ...withoutLimits,
    ...settings,
  };
  const all: Node[] = [];
  const start = async () => {
    const node = await startNodeOf(database, environment);
    all.push(node);
    return node;
  };
  const nodes = await Promise.all([start(), start()]);
  const putBack = () => {
    balancer.nodes = nodes.map(({ url }) => url);
  };
  putBack();
  return {
    url: balancer.url,
    database,
    keys,
    nodes,
    all,
    spare: start,
    takeOut: ({ url }) => {
      balancer.nodes = balancer.nodes.filter((node) => node !== url);
    },
    putBack,
    async close() {
      await Promise.all(all.map((node) => node.kill()));
      await balancer.close();
      await Promise.all(all.flatMap(({ line, commands }) => [line.close(), commands.close()]));
      await database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const withoutLimits = Object.fromEntries(
  [
    'CALLS',
    'ANONYMOUS',
    'REFUSED',
    'REGISTER',
    'REGISTER_TOTAL',
    'AUTHORIZE',
    'SIGN_IN',
    'PAGES',
    'TOKEN',
    'INTROSPECT',
  ].map((name) => [`RATE_LIMIT_${name}`, '10000000']),
);

async function startNodeOf(database: Database, first: Readonly<Record<string, string>>): Promise<Node> {
  const commands = await database.proxy();
  const line = await tcpProxy(commands);
  const port = await freePort();
  let environment: Readonly<Record<string, string>> = {
    ...first,
    STORE_URL: database.urlAt(line.port),
    PORT: `${port}`,
  };
  let [app, root] = [APP, ROOT];
  const before: string[] = [];
  let child: Child;
  let alive = false;
  let crashes = 0;
  const run = async () => {
    const started = startNode(join(root, 'src/main.ts'), ['serve', app], environment);
    child = started;
    await started.next(/Listening on/);
    alive = true;
    void started.exit.then(() => {
      if (child !== started || !alive) return;
      alive = false;
      crashes += 1;
    });
  };
  await run();
  return {
    url: `http://127.0.0.1:${port}`,
    line,
    commands,
    get alive() {
      return alive;
    },
    get crashes() {
      return crashes;
    },
    signal: (name) => child.signal(name),
    async kill() {
      alive = false;
      await child.stop();
    },
    async restart(changes = {}, otherApp = APP, otherRoot = ROOT) {
      before.push(child.output.stdout, child.output.stderr);
      environment = { ...environment, ...changes };
      [app, root] = [otherApp, otherRoot];
      await run();
    },
    output: () => [...before, child.output.stdout, child.output.stderr].join('\n'),
    weight: () => weigh(child.pid),
  };
}

function weigh(pid: number) {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]);
  return { megabytes: Math.round(kilobytes / 1024), descriptors: readdirSync(`/proc/${pid}/fd`).length };
}
