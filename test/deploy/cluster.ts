import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, setDefaultCACertificates } from 'node:tls';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { certificateAuthority } from '../core/safe-fetch-certificate.ts';
import { type Child, startNode } from '../support/child.ts';
import { freePort } from '../support/free-port.ts';
import { runNode } from '../support/run-node.ts';
import { PASSWORDS } from '../support/world.ts';
import { type RunningNginx, startNginx } from './nginx.ts';
import { startComposedRedis } from './redis.ts';

const ROOT = join(import.meta.dirname, '../..');
const APP = join(ROOT, 'test/deploy/app.ts');

/** A process of its own that serves the test app. */
export interface Node {
  readonly name: 'node1' | 'node2';
  readonly port: number;
  child: Child;
}

/** Two nodes on one Redis, and nginx in front of them, published as https. */
export interface Cluster {
  readonly url: string;
  readonly port: number;
  readonly plainPort: number;
  readonly nodes: readonly [Node, Node];
  readonly nginx: RunningNginx;
  /** Starts a node that has ended, at the address it had. */
  restart(node: Node): Promise<void>;
  /** The status of each answer to raw bytes, sent over TLS. */
  sendRaw(bytes: string, servername?: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts all of it, with the account of ada, and makes this thread trust its certificate. */
export async function startCluster(): Promise<Cluster> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  const [port, plainPort, first, second] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const redis = await startComposedRedis(directory);
  const authority = certificateAuthority();
  setDefaultCACertificates([authority.cert]);
  const url = `https://localhost:${port}`;
  const environment = {
    NODE_ENV: 'production',
    PUBLIC_URL: url,
    HOST: '127.0.0.1',
    TRUST_PROXY_HOPS: '1',
    READY_DELAY: '1',
    RATE_LIMIT_CALLS: '1000000',
    GATEHOUSE_KEYS: generateFernetKey(),
    STORE_URL: redis.url,
  };
  const run = (node: number) => startNode('src/main.ts', ['serve', APP], { ...environment, PORT: String(node) });
  const added = await runNode(['src/main.ts', 'user', 'add', 'ada', '--scopes', 'all'], {
    environment,
    input: `${PASSWORDS.ada}\n`,
  });
  if (added.code !== 0) throw new Error(added.stderr);
  const nodes: [Node, Node] = [
    { name: 'node1', port: first, child: run(first) },
    { name: 'node2', port: second, child: run(second) },
  ];
  await Promise.all(nodes.map(({ child }) => child.next(/Listening on/)));
  const certificate = authority.certify({ commonName: 'localhost', names: ['localhost'] });
  const nginx = await startNginx({ port, plainPort, nodes: [first, second], certificate });
  return {
    url,
    port,
    plainPort,
    nodes,
    nginx,
    async restart(node) {
      node.child = run(node.port);
      await node.child.next(/Listening on/);
    },
    sendRaw: (bytes, servername = 'localhost') => sendOverTls(port, servername, bytes),
    async close() {
      await nginx.stop();
      await Promise.all(nodes.map(({ child }) => child.stop()));
      await redis.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function sendOverTls(port: number, servername: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', servername }, () => socket.write(bytes));
    let text = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text)).on('error', reject);
  });
}
