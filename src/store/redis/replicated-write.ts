import { Cluster, Command, type Redis } from 'ioredis';
import type { RedisClient } from './client.ts';
import { addressOf } from './node-address.ts';
import type { RedisNode } from './redis-node.ts';

/** Runs a write on the server that keeps a key. */
export type Write = <T>(client: RedisClient, key: string, command: (server: RedisNode) => Promise<T>) => Promise<T>;

/** A write that is done once the primary has it. */
export const plainWrite: Write = (client, _key, command) => command(client);

/**
 * A write that is done once a replica has it, too: rejects where none says so within `milliseconds`. Writes of the same
 * moment share one WAIT, which holds up what is sent after it on its connection.
 */
export function replicatedWrite(milliseconds: number): Write {
  const waits = new WeakMap<Redis, Promise<unknown>>();
  const waitOn = (server: Redis): Promise<unknown> => {
    const shared =
      waits.get(server) ?? soon(() => waits.delete(server)).then(() => server.call('wait', 1, milliseconds));
    waits.set(server, shared);
    return shared;
  };
  return async (client, key, command) => {
    const server = client instanceof Cluster ? primaryOf(client, key) : client;
    const [answer, replicas] = await Promise.all([command(server), waitOn(server)]);
    if (Number(replicas) < 1) throw new Error('UNREPLICATED');
    return answer;
  };
}

/** The end of this turn of the event loop: sooner than a connection can be lost and made anew. */
const soon = (action: () => void): Promise<void> =>
  new Promise((resolve) =>
    setImmediate(() => {
      action();
      resolve();
    }),
  );

/** Where the map of the cluster is old the server answers MOVED, and the next map is right. */
function primaryOf(cluster: Cluster, key: string): Redis {
  const [address] = cluster.slots[new Command('get', [key]).getSlot()] ?? [];
  const server = cluster.nodes('master').find((node) => addressOf(node) === address);
  // A node that is not connected would keep the write and send it after its time.
  if (server?.status !== 'ready') throw new Error('Connection is closed.');
  return server;
}
