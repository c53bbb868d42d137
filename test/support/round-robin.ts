import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A balancer that sends each request to the next node, its Host header as it came. */
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
    const node = balancer.nodes[turn % balancer.nodes.length] ?? '';
    turn += 1;
    const { method, headers, url = '/' } = incoming;
    const passed = request(new URL(url, node), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
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
