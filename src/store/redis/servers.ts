import { Cluster, type Redis } from 'ioredis';
import { ConfigError } from '../../core/errors.ts';
import type { RedisClient } from './client.ts';
import { clusterServers } from './cluster-servers.ts';
import type { LookAt, Servers } from './server-check.ts';

/** The servers of a client, each looked at by `look`. */
export const serversOf = (client: RedisClient, database: number, look: LookAt): Servers =>
  client instanceof Cluster ? clusterServers(client, look) : oneServer(client, database, look);

function oneServer(client: Redis, database: number, look: LookAt): Servers {
  let runId = '';
  return {
    async check() {
      if (database > 0) await select(client, database);
      const seen = await look(client);
      runId = seen.runId;
      if (seen.role === 'primary') return;
      client.disconnect(true);
      throw new Error('READONLY');
    },
    epoch: async () => runId,
  };
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
