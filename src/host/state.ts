import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { generateFernetKey } from '../store/fernet.ts';
import { keyRing } from '../store/key-ring.ts';
import { memoryStore } from '../store/memory.ts';
import { sealedStore } from '../store/sealed.ts';
import { sqliteStore } from '../store/sqlite.ts';
import type { Store } from '../store/store.ts';

/** What opening the state depends on. */
export interface StateParts {
  readonly clock: Clock;
  readonly log: Log;
  /** A backend of the user's own, in place of STORE_URL. It is sealed like any other. */
  readonly store?: Store;
}

/**
 * Opens the store that STORE_URL names (or the one handed in), sealed with GATEHOUSE_KEYS; outside production with a key
 * made once and kept in GATEHOUSE_DIR. Throws ConfigError when the keys do not fit the store.
 */
export async function openState(config: Config, { clock, log, store }: StateParts): Promise<Store> {
  const keys = config.keys.length > 0 ? config.keys : [await developmentKey(config.directory)];
  const ring = keyRing(keys);
  const backend = store ?? openBackend(config.storeUrl, clock);
  try {
    return await sealedStore(backend, ring, { clock, log });
  } catch (error) {
    if (store === undefined) await backend.close();
    throw error;
  }
}

function openBackend(url: string, clock: Clock): Store {
  return url === 'memory:' ? memoryStore({ clock }) : sqliteStore({ file: url.slice('sqlite:'.length), clock });
}

/** Made by whoever comes first (`wx`), read by everyone after. */
async function developmentKey(directory: string): Promise<string> {
  const file = join(directory, 'sealing.key');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(file, `${generateFernetKey()}\n`, { mode: 0o600, flag: 'wx' }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    },
  );
  return (await readFile(file, 'utf8')).trim();
}
