import { readConfig } from '../config.ts';
import { systemClock } from '../core/clock.ts';
import { openState } from '../host/state.ts';
import { createLog } from '../observe/log.ts';
import type { Store } from '../store/store.ts';

/** Opens the store that the environment names, runs `action` on it, and closes it whatever happens. */
export async function withStore<T>(action: (store: Store) => Promise<T>): Promise<T> {
  const config = readConfig();
  const store = await openState(config, { clock: systemClock, log: createLog('warn') });
  try {
    return await action(store);
  } finally {
    await store.close();
  }
}
