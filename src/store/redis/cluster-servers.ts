import type { Cluster, Redis } from 'ioredis';
import { ConfigError } from '../../core/errors.ts';
import { sha256 } from '../../core/secrets.ts';
import { addressOf } from './node-address.ts';
import type { LookAt, ServerLook, Servers } from './server-check.ts';

/** The primaries of a cluster. The client makes a new `Redis` for each connection to one, so each is looked at once. */
export function clusterServers(cluster: Cluster, look: LookAt): Servers {
  const looks = new WeakMap<Redis, Promise<ServerLook>>();
  const lookOnce = (node: Redis): Promise<ServerLook> => {
    const known = looks.get(node) ?? connected(node).then(() => look(node));
    looks.set(node, known);
    known.catch(() => looks.delete(node));
    return known;
  };
  return {
    /** Nodes that do not answer are left to their slots; one that would lose records is enough to refuse. */
    async check() {
      const seen = await Promise.allSettled(cluster.nodes('master').map(lookOnce));
      const faults = seen.flatMap((look) => (look.status === 'rejected' ? [look.reason] : []));
      const fatal = faults.find((reason) => reason instanceof ConfigError);
      if (fatal !== undefined || faults.length === seen.length) throw fatal ?? faults[0] ?? new Error('CLUSTERDOWN');
    },
    /** Of all primaries together: while one of them is away there is none. */
    async epoch() {
      const nodes = new Map(cluster.nodes('master').map((node) => [addressOf(node), node]));
      const primaries = [...new Set(cluster.slots.map(([primary]) => primary))];
      const ids = await Promise.all(
        primaries.map(async (address) => {
          const node = nodes.get(address ?? '');
          if (node === undefined) throw new Error('CLUSTERDOWN');
          return (await lookOnce(node)).runId;
        }),
      );
      return sha256(ids.sort().join(' '));
    },
  };
}

/**
 * Waits until a node takes commands. The client lets INFO pass while a connection is still being made, but refuses
 * everything else: an answer to INFO does not tell that the node can be used.
 */
function connected(node: Redis): Promise<void> {
  return new Promise((resolve, reject) => {
    if (node.status === 'ready') return resolve();
    const settle = (action: () => void) => () => {
      node.off('ready', ready).off('end', gone);
      action();
    };
    const ready = settle(resolve);
    const gone = settle(() => reject(new Error('Connection is closed.')));
    node.once('ready', ready).once('end', gone);
    if (node.status === 'end') gone();
  });
}
