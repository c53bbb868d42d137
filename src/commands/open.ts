import { type Config, readConfig } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { openVault, type Vault } from '../host/state.ts';
import { createLog } from '../observe/log.ts';
import type { Store } from '../store/store.ts';
import { nameStore } from './store-fault.ts';

/** Opens the store that the environment names, runs `action` on it, and closes it whatever happens. */
export const withStore = <T>(action: (store: Store) => Promise<T>): Promise<T> =>
  withVault(({ store }) => action(store));

/** A vault with the settings that it was opened by. */
export interface OpenedVault extends Vault {
  readonly config: Config;
}

/**
 * The same for an action that needs the keys, what is beneath the seal, or the settings. Throws Failure where the store does not
 * answer.
 */
export async function withVault<T>(action: (vault: OpenedVault) => Promise<T>): Promise<T> {
  const config = readConfig();
  return openAnd(action, config).catch((error: unknown) => nameStore(error, config));
}

async function openAnd<T>(action: (vault: OpenedVault) => Promise<T>, config: Config): Promise<T> {
  const vault = await openVault(config, { clock: systemClock, log: createLog('warn') });
  try {
    return await action({ ...vault, config });
  } finally {
    await vault.store.close();
  }
}
