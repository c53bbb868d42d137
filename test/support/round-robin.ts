import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A balancer that sends each request to the next node, its Host header as it came, and names that node in `x-served-by`.
 * A node that takes no connection is passed over, as nginx does.
 */
export interface RoundRobin {
  readonly url: string;
  /** The URLs of the nodes, which are there from the first request on. */
  nodes: readonly string[];
  close(): Promise<void>;
}

/** Starts one without nodes, so that they can be told its URL. */
export async function roundRobin(): Promise<RoundRobin> {
  let turn = 0;
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming;
    const body: Buffer[] = [];
    const first = turn;
    turn += 1;
    const send = (tried: number) => {
      const node = balancer.nodes[(first + tried) % balancer.nodes.length] ?? '';
      // A connection each: one that was kept may have died with its node, and nobody could tell what became of a request on it.
      const passed = request(new URL(url, node), { method, headers, agent: false }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, { ...answer.headers, 'x-served-by': node });
        answer.on('error', () => outgoing.destroy()).pipe(outgoing);
      });
      passed.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED' && tried + 1 < balancer.nodes.length) send(tried + 1);
        else outgoing.destroy();
      });
      passed.end(Buffer.concat(body));
    };
    incoming.on('data', (chunk: Buffer) => body.push(chunk)).on('end', () => send(0));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const balancer: RoundRobin = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    nodes: [],
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return balancer;
}
