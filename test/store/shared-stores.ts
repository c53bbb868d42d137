import { Redis } from 'ioredis';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { silentLog } from '../../src/core/log.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { postgresStore } from '../../src/store/postgres.ts';
import { redisStore } from '../../src/store/redis.ts';
import { sealedStore } from '../../src/store/sealed.ts';
import type { Store } from '../../src/store/store.ts';
import type { StoreUnderTest } from '../contracts/index.ts';
import type { SharedPostgres } from '../support/postgres-server.ts';
import type { SharedRedis } from '../support/redis-server.ts';
import { movableClock } from './stores-under-test.ts';

/** A Redis store of its own in a Redis that others use; time passes by taking it off every lifetime. */
export async function redisUnderTest({ url, prefix }: SharedRedis, sealed: boolean): Promise<StoreUnderTest> {
  const { clock, advance } = movableClock();
  const own = prefix();
  const open = sealing(() => redisStore({ url, prefix: own }), sealed, clock);
  return {
    store: await open(),
    another: open,
    advance: async (seconds) => {
      advance(seconds);
      await shortenLifetimes(url, own, seconds);
    },
  };
}

/** A PostgreSQL store with a table of its own. */
export async function postgresUnderTest({ url, table }: SharedPostgres, sealed: boolean): Promise<StoreUnderTest> {
  const { clock, advance } = movableClock();
  const own = table();
  const open = sealing(() => postgresStore({ url, table: own, clock }), sealed, clock);
  return { store: await open(), another: open, advance };
}

function sealing(open: () => Store, sealed: boolean, clock: () => number): () => Promise<Store> {
  const ring = keyRing([generateFernetKey()]);
  return async () => (sealed ? sealedStore(open(), ring, { clock, log: silentLog }) : open());
}

const SHORTEN = `local left = redis.call('PTTL', KEYS[1])
if left < 0 then return end
if left <= tonumber(ARGV[1]) then return redis.call('DEL', KEYS[1]) end
redis.call('PEXPIRE', KEYS[1], left - ARGV[1])`;

/** Lets time pass for every key of a prefix. */
export async function shortenLifetimes(url: string, prefix: string, seconds: number): Promise<void> {
  const redis = new Redis(url);
  for (const key of await redis.keys(`${prefix}*`)) await redis.eval(SHORTEN, 1, key, seconds * 1000);
  redis.disconnect();
}
