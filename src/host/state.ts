import { join } from 'node:path';
import type { Config } from '../config.ts';
import { endable, localAnnouncements } from '../core/announcements.ts';
import type { Clock } from '../core/clock.ts';
import { ConfigError } from '../core/errors.ts';
import { readKeyFile } from '../core/key-file.ts';
import type { Log } from '../core/log.ts';
import { type KeyRing, keyRing } from '../store/key-ring.ts';
import { memoryStore } from '../store/memory.ts';
import { resealInBackground } from '../store/reseal-background.ts';
import { sealedStore } from '../store/sealed.ts';
import { type KeptClock, serverClock } from '../store/server-clock.ts';
import { type Announcing, announcementsOf, hasServerState } from '../store/shared-server.ts';
import { sqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';

/** What opening the state depends on. */
export interface StateParts {
  readonly clock: Clock;
  readonly log: Log;
  /** A backend of the user's own, in place of STORE_URL. It is sealed like any other. */
  readonly store?: Store;
}

/** A store with what it is sealed with, and what is beneath the seal. Closing `store` closes `backend`. */
export interface Vault {
  /** It carries word between the nodes that share the backend; what listens through it ends with it. */
  readonly store: Store & Announcing;
  readonly backend: Store;
  readonly ring: KeyRing;
  /** The clock of all nodes that share the backend; this machine's where there is one node. */
  readonly clock: Clock;
}

/**
 * Opens the store that STORE_URL names (or the one handed in), sealed with GATEHOUSE_KEYS; outside production with keys
 * kept in GATEHOUSE_DIR, the first one made here. Throws ConfigError when the keys do not fit the store.
 */
export async function openVault(config: Config, { clock, log, store }: StateParts): Promise<Vault> {
  const ring = keyRing(
    config.keys.length > 0 ? config.keys : await readKeyFile(keyFileOf(config)).catch(nameKeyFile(config)),
  );
  const backend = store ?? (await openBackend(config, { clock, log }));
  const kept = await keptClock(backend, { clock, log });
  try {
    const sealed = await sealedStore(backend, ring, { clock: kept.clock, log });
    return { store: withWord(sealed, backend, kept), backend, ring, clock: kept.clock };
  } catch (error) {
    kept.stop();
    if (store === undefined) await backend.close();
    throw error;
  }
}

const keptClock = async (backend: Store, { clock, log }: Omit<StateParts, 'store'>): Promise<KeptClock> =>
  hasServerState(backend)
    ? serverClock({ time: backend.time, fallback: clock, log })
    : { clock, stop: () => undefined };

function withWord(store: Store, backend: Store, kept: Pick<KeptClock, 'stop'>): Store & Announcing {
  const announcements = endable(announcementsOf(backend));
  const close = async () => {
    announcements.end();
    kept.stop();
    await store.close();
  };
  return { ...store, announcements, close };
}

/** The same for a server: RESEAL_AFTER seconds later its records are sealed anew, if older keys are in the ring. */
export async function openServedState(config: Config, parts: StateParts): Promise<Vault> {
  const vault = await openVault(config, parts);
  const { store, backend, ring } = vault;
  const upkeep = resealInBackground({ store: backend, ring, log: parts.log, after: config.resealAfter });
  const close = async () => {
    await upkeep.stop();
    await store.close();
  };
  return { ...vault, store: { ...store, close } };
}

/** What carries word between nodes where nothing is kept: the server that STORE_URL names, a store of the user's own, or this process. */
export async function openWord(
  config: Config,
  { store, ...parts }: StateParts,
): Promise<Announcing & Pick<Store, 'close'>> {
  const server = store === undefined && /^(redis|postgres)/.test(config.storeUrl);
  const opened = server ? await openBackend(config, parts) : undefined;
  const carrier = store ?? opened;
  const announcements = endable(carrier === undefined ? localAnnouncements() : announcementsOf(carrier));
  const close = async () => {
    announcements.end();
    await opened?.close();
  };
  return { announcements, close };
}

/** Where the sealing keys are kept while GATEHOUSE_KEYS is empty. */
export const keyFileOf = ({ directory }: Config): string => join(directory, 'sealing.key');

/** Passes on an error; a file of keys that the system does not let us read or make as a ConfigError that names the setting. */
export const nameKeyFile =
  (config: Config) =>
  (error: NodeJS.ErrnoException): never => {
    if (error.syscall === undefined) throw error;
    const file = `${keyFileOf(config)} can neither be read nor made (${error.code})`;
    throw new ConfigError([`GATEHOUSE_DIR: ${file}; check the path and its permissions`]);
  };

/** Clients of servers are loaded where there is a server. */
async function openBackend(
  { storeUrl: url, redisDurability: durability }: Config,
  { clock, log }: Pick<StateParts, 'clock' | 'log'>,
): Promise<Store> {
  if (url === 'memory:') return memoryStore({ clock });
  if (url.startsWith('sqlite:')) return sqliteStore({ file: url.slice('sqlite:'.length), clock });
  if (url.startsWith('redis')) return (await import('../store/redis.ts')).redisStore({ url, durability, log });
  return (await import('../store/postgres.ts')).postgresStore({ url, clock, log });
}
