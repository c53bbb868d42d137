import { redisCommand } from './redis-cluster.ts';
import { until } from './until.ts';

/**
 * Until a write at `primary` is soon at `replica`, by the word of both: to WAIT alone a replica counts while it still puts
 * the copy of its primary on its disk, which may take seconds there.
 */
export async function follows(primary: { readonly port: number }, replica: { readonly port: number }): Promise<void> {
  await until(
    () => redisCommand(replica.port, 'INFO', 'replication'),
    ({ value }) => String(value).includes('master_link_status:up'),
  );
  await until(
    () => redisCommand(primary.port, 'WAIT', '1', '1000'),
    ({ value }) => value === 1,
  );
}
