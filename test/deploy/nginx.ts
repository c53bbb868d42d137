import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Certified } from '../core/safe-fetch-certificate.ts';
import { requireOrSkip } from '../support/required.ts';
import { runs } from '../support/server-process.ts';

const CONFIGURATION = join(import.meta.dirname, '../../deploy/nginx.conf');
const PLACES = ['/usr/sbin/nginx', '/usr/local/sbin/nginx', '/usr/bin/nginx', '/usr/local/bin/nginx'];
const nginx = PLACES.find((place) => existsSync(place));

/** A `describe` for tests that need nginx and Redis. */
export const describeDeployed = requireOrSkip(
  'nginx or redis-server',
  nginx !== undefined && runs('redis-server'),
  'install both from the packages of the system (apt-get install nginx-light redis-server)',
);

/** What stands in the place of the names and ports in `deploy/nginx.conf`. */
export interface Placed {
  readonly port: number;
  readonly plainPort: number;
  readonly nodes: readonly [number, number];
  readonly certificate: Certified;
  /** Further changes, as a guide tells of them. */
  readonly change?: (configuration: string) => string;
}

/** nginx with the configuration of this repository, for `localhost`. */
export interface RunningNginx {
  /** Sends nothing to a node until it is put back, as deploy/rolling-restart.sh does. */
  takeOut(node: 'node1' | 'node2'): Promise<void>;
  putBack(node: 'node1' | 'node2'): Promise<void>;
  /** The ports of the nodes in the order in which they were asked. */
  asked(): Promise<readonly number[]>;
  stop(): Promise<void>;
}

/** Puts other names, ports and folders into the configuration. Throws where a text to be replaced is not there. */
export function placeConfiguration(
  { port, plainPort, nodes }: Omit<Placed, 'certificate' | 'change'>,
  folder: string,
): string {
  const replacements: readonly (readonly [string, string])[] = [
    // First, for what stands below may lead there too.
    ['/run/', `${folder}/`],
    ['listen 8080', `listen 127.0.0.1:${plainPort}`],
    ['listen 8443', `listen 127.0.0.1:${port}`],
    ['server_name mcp.example.com', 'server_name localhost'],
    ['https://mcp.example.com', `https://localhost:${port}`],
    ['server node1:3000', `server 127.0.0.1:${nodes[0]}`],
    ['server node2:3000', `server 127.0.0.1:${nodes[1]}`],
    ['/etc/nginx/tls/', `${folder}/`],
    ['/dev/stdout', `${folder}/access.log`],
  ];
  let text = readFileSync(CONFIGURATION, 'utf8');
  for (const [from, to] of replacements) {
    if (!text.includes(from)) throw new Error(`deploy/nginx.conf has no ${from}: mend this list.`);
    text = text.replaceAll(from, to);
  }
  return text;
}

/** Starts it and waits until it listens. */
export async function startNginx(placed: Placed): Promise<RunningNginx> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-nginx-'));
  await chmod(folder, 0o755);
  const { key, cert } = placed.certificate;
  const { change = (configuration) => configuration } = placed;
  const text = change(placeConfiguration(placed, folder));
  await Promise.all([
    writeFile(join(folder, 'nginx.conf'), text.replace('error_log stderr warn', 'error_log stderr notice')),
    writeFile(join(folder, 'fullchain.pem'), cert),
    writeFile(join(folder, 'privkey.pem'), key, { mode: 0o600 }),
  ]);
  const child = spawn(nginx ?? '', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off;']);
  await startOf(child);
  return {
    takeOut: (node) => writeFile(join(folder, `${node}.out`), ''),
    putBack: (node) => rm(join(folder, `${node}.out`)),
    async asked() {
      const lines = (await readFile(join(folder, 'access.log'), 'utf8')).trim().split('\n');
      const nodes = lines.map((line) => String((JSON.parse(line) as { node: string }).node));
      return nodes.map((node) => Number(node.split(':').at(-1)));
    },
    async stop() {
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let told = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      if (/start worker process /.test(told)) resolve();
    });
    child.once('error', reject);
    child.once('close', () => reject(new Error(`nginx ended:\n${told}`)));
  });
}
