import { randomToken } from '../core/secrets.ts';
import type { Store } from './store.ts';

/** How long a lease holds that is not renewed, and how long it is remembered that the work is done. Seconds. */
export const LEASE = { held: 30, done: 86_400 } as const;

const DONE = 'done';

/** What a node holds while it does what one node of all does. Nobody else gets it, until it is given up or not renewed in time. */
export interface Lease {
  /** Holds it for as long again. False where it was lost meanwhile: then others may be at the work. */
  renew(): Promise<boolean>;
  /** Gives it up, so that the next one need not wait; `done` tells all who ask for a day that nothing is left to do. */
  end(done: boolean): Promise<void>;
}

/** The lease of that name, or why there is none: somebody holds it, or the work is done. */
export async function takeLease(store: Store, name: string): Promise<Lease | 'held' | 'done'> {
  const mine = randomToken(16);
  if (!(await store.putIfAbsent(name, mine, LEASE.held))) return (await store.get(name)) === DONE ? 'done' : 'held';
  const isMine = async (): Promise<boolean> => (await store.get(name)) === mine;
  return {
    async renew() {
      if (!(await isMine())) return false;
      await store.put(name, mine, LEASE.held);
      return true;
    },
    async end(done) {
      if (done) await store.put(name, DONE, LEASE.done);
      else if (await isMine()) await store.delete(name);
    },
  };
}
