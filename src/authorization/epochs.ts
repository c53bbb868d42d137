import type { Clock } from '../core/clock.ts';
import { sha256 } from '../core/secrets.ts';
import type { Store } from '../store/store.ts';

/**
 * The lives of the store's server. With each new one the last things that it had acknowledged may be lost: a record that is
 * good once may be back, and the mark that it was used may be gone.
 */
export interface Epochs {
  /** The name of the present one. */
  current(): Promise<string>;
  /** When a node first saw the present one, in seconds since 1970; -Infinity where there is only one. */
  began(): Promise<number>;
}

/** What they are told from. `epoch` names the present one; empty where there is only one. */
export interface EpochsParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly epoch?: (() => Promise<string>) | undefined;
}

/** Longer than anything lives that is judged by when an epoch began. */
const KEPT = 86_400;

/** The epochs of a store; a store that tells of none has one that never ends. */
export function epochsOf({ store, clock, epoch = async () => '' }: EpochsParts): Epochs {
  let known: { readonly id: string; readonly at: number } | undefined;
  return {
    current: epoch,
    async began() {
      const id = await epoch();
      if (id === '') return -Infinity;
      if (known?.id !== id) known = { id, at: await firstSeen(id) };
      return known.at;
    },
  };

  async function firstSeen(id: string): Promise<number> {
    const name = `epoch:${sha256(id)}`;
    const now = clock();
    if (await store.putIfAbsent(name, String(now), KEPT)) return now;
    return Number((await store.get(name)) ?? now);
  }
}

/** What a record says of the epoch in which it was written; nothing where there is only one. */
export interface Stamped {
  readonly epoch?: string;
}

/** The stamp of an epoch. */
export const stampOf = (epoch: string): Stamped => (epoch === '' ? {} : { epoch });
