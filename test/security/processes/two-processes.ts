import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateFernetKey } from '../../../src/core/fernet.ts';
import { type Child, startNode } from '../../support/child.ts';
import { freePort } from '../../support/free-port.ts';
import type { KeyMachine } from '../../support/machine.ts';
import { PASSWORDS } from '../../support/world.ts';
import type { NodePlan } from './node.ts';

/** One deployment: two processes over one store, at two addresses, published under the first of them. */
export interface Pair {
  readonly urls: readonly [string, string];
  readonly machine: KeyMachine;
}

/** Two processes that each serve a node of several deployments. */
export interface TwoProcesses {
  /** One for each setting, in their order. */
  readonly pairs: readonly Pair[];
  close(): Promise<void>;
}

/** What one deployment has to itself. */
export interface PairSettings {
  readonly storeUrl: string;
  readonly refreshGrace: number;
}

/** Starts both, with the account of ada and a machine in each deployment. */
export async function startTwoProcesses(settings: readonly PairSettings[]): Promise<TwoProcesses> {
  const directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ports = await Promise.all(settings.map(async () => [await freePort(), await freePort()] as const));
  const keys = [generateFernetKey()];
  const planOf = (node: 0 | 1): NodePlan => ({
    hosts: settings.map((setting, index) => ({
      ...setting,
      port: ports[index]?.[node] ?? 0,
      publicUrl: urlOf(ports[index]?.[0] ?? 0),
      directory: join(directory, `${index}-${node}`),
      keys,
      // Refusals without end are what the tests are about.
      tokenLimit: 1_000_000,
      refusedLimit: 1_000_000,
    })),
    ...(node === 0 && {
      known: { username: 'ada', password: PASSWORDS.ada, publicKey: publicKey.export({ format: 'jwk' }) },
    }),
  });
  const start = (node: 0 | 1) => startNode(join(import.meta.dirname, 'node.ts'), [JSON.stringify(planOf(node))]);
  // At once: they are to agree on the keys that the first of them makes.
  const children: readonly [Child, Child] = [start(0), start(1)];
  const [[, machines = '']] = (await Promise.all(children.map((child) => child.next(/serving (.*)\./)))) as [
    RegExpExecArray,
  ];
  const ids = machines.split(' ');
  return {
    pairs: ports.map(([first, second], index) => ({
      urls: [urlOf(first), urlOf(second)],
      machine: { id: ids[index] ?? '', key: privateKey },
    })),
    async close() {
      await Promise.all(children.map((child) => child.stop()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const urlOf = (port: number): string => `http://localhost:${port}`;
