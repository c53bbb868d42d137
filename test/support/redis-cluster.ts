import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { type RedisServer, redisServer } from './redis-server.ts';
import { type TcpProxy, tcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

/** A server that can join a cluster, and the port on which it talks with the others. */
export interface ClusterServer extends RedisServer {
  readonly busPort: number;
}

/** A primary of a cluster, and the line by which it is reached. */
export interface ClusterNode {
  readonly server: ClusterServer;
  readonly line: TcpProxy;
}

/** A cluster of two primaries with half of the slots each. */
export interface RedisCluster {
  /** Names both nodes. */
  readonly url: string;
  readonly nodes: readonly [ClusterNode, ClusterNode];
  close(): Promise<void>;
}

/** Starts one, and waits until both nodes know of each other. `nodeTimeout` in milliseconds. */
export async function redisCluster(nodeTimeout: number): Promise<RedisCluster> {
  const nodes = [await startNode(nodeTimeout), await startNode(nodeTimeout)] as const;
  const [one, two] = nodes.map(({ server }) => server.port) as [number, number];
  await redisCommand(one, 'CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
  await redisCommand(two, 'CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
  await meet(nodes[0].server, nodes[1].server);
  for (const port of [one, two]) {
    await until(
      () => redisCommand(port, 'CLUSTER', 'INFO'),
      ({ value }) => /cluster_state:ok.*cluster_size:2/s.test(String(value)),
    );
    // Until the nodes have shaken hands they go by names that change, and a client drops those it no longer finds.
    await until(
      () => redisCommand(port, 'CLUSTER', 'NODES'),
      ({ value }) => {
        const lines = String(value).trim().split('\n');
        const known = nodes.every(({ line }) => lines.some((text) => text.includes(` 127.0.0.1:${line.port}@`)));
        return known && lines.every((text) => /^\S+ \S+ (myself,)?master /.test(text));
      },
    );
  }
  return {
    url: `redis-cluster://${nodes.map(({ line }) => `127.0.0.1:${line.port}`).join(',')}`,
    nodes,
    close: async () => {
      for (const { server, line } of nodes) {
        await line.close();
        await server.close();
      }
    },
  };
}

/** Starts a server that can join a cluster. The usual port of its bus, 10000 further up, may be that of any connection. */
export async function clusterServer(settings: readonly string[] = []): Promise<ClusterServer> {
  const busPort = await freePort();
  const joining = ['--cluster-enabled', 'yes', '--cluster-port', `${busPort}`];
  return { ...(await redisServer({ settings: [...joining, ...settings] })), busPort };
}

/** Makes a server known to a cluster, by one that is in it. */
export const meet = (member: ClusterServer, { port, busPort }: ClusterServer): Promise<unknown> =>
  redisCommand(member.port, 'CLUSTER', 'MEET', '127.0.0.1', `${port}`, `${busPort}`);

/** Runs one command on a connection of its own. */
export async function redisCommand(port: number, ...words: readonly [string, ...string[]]): Promise<unknown> {
  const redis = new Redis(port, { lazyConnect: true });
  try {
    const [name, ...args] = words;
    return await redis.call(name, ...args);
  } finally {
    redis.disconnect();
  }
}

async function startNode(nodeTimeout: number): Promise<ClusterNode> {
  // Without an address to announce, a node leaves itself out of its map until another has told it how it is reached.
  const announced = ['--cluster-announce-ip', '127.0.0.1'];
  const server = await clusterServer(['--cluster-node-timeout', `${nodeTimeout}`, ...announced]);
  const line = await tcpProxy(server);
  await redisCommand(server.port, 'CONFIG', 'SET', 'cluster-announce-port', `${line.port}`);
  return { server, line };
}
