import { generateFernetKey } from '../../src/core/fernet.ts';
import { type Child, startNode } from './child.ts';
import { freePort } from './free-port.ts';
import { runNode } from './run-node.ts';

/** Two processes that serve the same file over one store. */
export interface NodePair {
  /** The published URL, which the first node listens at. */
  readonly url: string;
  readonly other: string;
  readonly nodes: readonly [Child, Child];
  /** Runs `gatehouse <args>` over the same store; its standard output. Throws where it fails. */
  command(args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
}

/** Starts them and waits until both listen. */
export async function startPair(app: string, storeUrl: string, more: Record<string, string> = {}): Promise<NodePair> {
  const [first, second] = [await freePort(), await freePort()];
  const url = `http://localhost:${first}`;
  const environment = {
    PUBLIC_URL: url,
    STORE_URL: storeUrl,
    GATEHOUSE_KEYS: generateFernetKey(),
    RATE_LIMIT_CALLS: '1000000',
    SHUTDOWN_GRACE: '0',
    ...more,
  };
  const run = (port: number) => startNode('src/main.ts', ['serve', app], { ...environment, PORT: String(port) });
  const nodes = [run(first), run(second)] as const;
  await Promise.all(nodes.map((node) => node.next(/Listening on/)));
  return {
    url,
    other: `http://localhost:${second}`,
    nodes,
    async command(args, input = '') {
      const { code, stdout, stderr } = await runNode(['src/main.ts', ...args], { environment, input });
      if (code !== 0) throw new Error(stderr);
      return stdout;
    },
    stop: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}
