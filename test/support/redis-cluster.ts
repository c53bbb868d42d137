import { Redis } from 'ioredis';
import { type RedisServer, redisServer } from './redis-server.ts';
import { type TcpProxy, tcpProxy } from './tcp-proxy.ts';
import { until } from './until.ts';

/** A primary of a cluster, and the line by which it is reached. */
export interface ClusterNode {
  readonly server: RedisServer;
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
  await redisCommand(one, 'CLUSTER', 'MEET', '127.0.0.1', `${two}`);
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
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', `${nodeTimeout}`, ...announced];
  const server = await redisServer({ settings });
  const line = await tcpProxy(server);
  await redisCommand(server.port, 'CONFIG', 'SET', 'cluster-announce-port', `${line.port}`);
  return { server, line };
}
