import { Cluster } from 'ioredis';
import type { ScanPage } from '../maintenance.ts';
import type { RedisClient } from './client.ts';
import { type Addressed, addressOf } from './node-address.ts';
import type { RedisNode } from './redis-node.ts';

/** Swaps a value for another in one step and leaves its lifetime. */
const REPLACE = `if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1`;

/** Writes `value` under `key` where `expected` is. */
export const replaceRecord = async (
  server: RedisNode,
  key: string,
  expected: string,
  value: string,
): Promise<boolean> => (await server.call('eval', REPLACE, 1, key, expected, value)) === 1;

/** One page of the records whose keys begin with `prefix`; in a cluster one primary after the other, in order of address. */
export async function scanRecords(
  client: RedisClient,
  prefix: string,
  cursor: string | undefined,
  limit: number,
): Promise<ScanPage> {
  const nodes = client instanceof Cluster ? client.nodes('master').toSorted(byAddress) : [client];
  const [at = '', from = '0'] = cursor?.split(' ') ?? [];
  const index = at === '' ? 0 : nodes.findIndex((node) => addressOf(node) >= at);
  const node = nodes[index];
  if (node === undefined) return { entries: [] };
  // A primary that has gone since is followed by the next one, from its start.
  const start = at === '' || addressOf(node) === at ? from : '0';
  const pattern = `${prefix.replace(/[\\*?[\]]/g, '\\$&')}*`;
  const [next, keys] = (await node.call('scan', start, 'MATCH', pattern, 'COUNT', limit)) as [string, string[]];
  const values = await Promise.all(keys.map((key) => client.call('get', key)));
  const entries = keys.flatMap((key, position) => {
    const value = values[position];
    return typeof value === 'string' ? [{ name: key.slice(prefix.length), value }] : [];
  });
  if (next !== '0') return { entries, cursor: `${addressOf(node)} ${next}` };
  const following = nodes[index + 1];
  return { entries, ...(following && { cursor: `${addressOf(following)} 0` }) };
}

const byAddress = (one: Addressed, other: Addressed): number => (addressOf(one) < addressOf(other) ? -1 : 1);
