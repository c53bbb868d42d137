import { Cluster, type Redis } from 'ioredis';
import { ConfigError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { RedisClient } from './client.ts';
import { checkServer } from './server-check.ts';

/**
 * Looks at what a new connection leads to: a primary, in the right database, that forgets nothing. Throws ConfigError where
 * that needs somebody's hand; a replica is left for another connection.
 */
export async function checkConnection(client: RedisClient, database: number, log: Log): Promise<void> {
  if (client instanceof Cluster) return checkCluster(client, log);
  if (database > 0) await select(client, database);
  if ((await checkServer(client, log)) === 'primary') return;
  client.disconnect(true);
  throw new Error('READONLY');
}

/** The client goes on in database 0 where it may not select another. */
async function select(client: Redis, database: number): Promise<void> {
  try {
    await client.call('select', database);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.includes('out of range')) throw error;
    throw new ConfigError([`STORE_URL names database ${database}, which the Redis server does not have`]);
  }
}

/** Nodes that do not answer are left to their slots; one that would lose records is enough to refuse. */
async function checkCluster(cluster: Cluster, log: Log): Promise<void> {
  const looks = await Promise.allSettled(cluster.nodes('master').map((node) => checkServer(node, log)));
  const faults = looks.flatMap((look) => (look.status === 'rejected' ? [look.reason] : []));
  const fatal = faults.find((reason) => reason instanceof ConfigError);
  if (fatal !== undefined || faults.length === looks.length) throw fatal ?? faults[0] ?? new Error('CLUSTERDOWN');
}
