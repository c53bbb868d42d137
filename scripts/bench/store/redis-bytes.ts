import { Redis } from 'ioredis';
import type { KeyRing } from '../../../src/store/key-ring.ts';
import { fill, sealed } from './fill.ts';
import { copier, type SignInRecords } from './sign-in-records.ts';

/** Bytes in Redis. */
export interface RedisBytes {
  /** Of each record of one client and of one sign-in, by kind (`MEMORY USAGE`). */
  readonly records: Readonly<Record<string, number>>;
  /** Of a whole client (with the account that each of ours has), and of a whole sign-in, from what `used_memory` grew by. */
  readonly client: number;
  readonly grant: number;
}

/** Measures over `count` clients, and then as many sign-ins, in the empty Redis at `url`. */
export async function redisBytes(
  url: string,
  count: number,
  parts: { readonly signIn: SignInRecords; readonly ring: KeyRing },
): Promise<RedisBytes> {
  const client = new Redis(url);
  const base = 'https://mcp.example.com';
  const used = async () => Number(/used_memory:(\d+)/.exec(await client.info('memory'))?.[1]);
  const empty = await used();
  await fill(url, { clients: count, grants: 0 }, { ...parts, base });
  const clients = await used();
  // The same clients again: what is there is replaced.
  await fill(url, { clients: count, grants: count }, { ...parts, base });
  const all = await used();
  const copy = copier(parts.signIn);
  const records: Record<string, number> = {};
  for (const part of ['client', 'account', 'grant'] as const) {
    for (const record of copy(part, { base, client: 0, grant: 0 })) {
      const bytes = await client.call('memory', 'usage', `gatehouse:${sealed(parts.ring, record).name}`);
      records[record.name.split(':')[0] ?? ''] = Number(bytes);
    }
  }
  await client.quit();
  return { records, client: (clients - empty) / count, grant: (all - clients) / count };
}
