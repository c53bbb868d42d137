import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../core/log.ts';
import type { KeyRing } from './key-ring.ts';
import { takeLease } from './lease.ts';
import { isMaintainable, type MaintainableStore } from './maintenance.ts';
import { reseal } from './reseal.ts';
import type { Store } from './store.ts';

/** Held by the node that is at it, and left by it when it is through: thirty nodes need not walk the same store. */
const leaseOf = (keyId: string): string => `lease:${keyId}`;
/** Small enough that calls hardly notice: some 250 records a second. */
const BATCH = 25;
const PAUSE_MS = 100;
/** With the life of a lease: within a minute another node goes on with what a node left that was killed. */
const RETRY_MS = 30_000;

/** What the upkeep of a running server needs. */
export interface BackgroundResealParts {
  /** The store beneath the seal. */
  readonly store: Store;
  readonly ring: KeyRing;
  readonly log: Log;
  /** Seconds to wait before it begins: every node must have the new key by then. */
  readonly after: number;
  /** Milliseconds until a node that did not get to it looks again (default 30,000). */
  readonly retry?: number;
}

/**
 * Seals records anew in the background where the ring holds older keys: once, `after` seconds from now, on one node of
 * all. Whatever fails is logged and tried again. `stop` ends it and resolves when it touches the store no more.
 */
export function resealInBackground(parts: BackgroundResealParts): { stop(): Promise<void> } {
  const { ring, store, log } = parts;
  if (ring.ids.length < 2) return { stop: async () => undefined };
  if (!isMaintainable(store)) {
    log.warn('reseal_impossible', { reason: 'the store has no scan and replace', keys: ring.ids });
    return { stop: async () => undefined };
  }
  const ending = new AbortController();
  const work = upkeep({ ...parts, store }, ending.signal);
  return {
    async stop() {
      ending.abort();
      await work;
    },
  };
}

interface Upkeep extends BackgroundResealParts {
  readonly store: MaintainableStore;
}

async function upkeep(parts: Upkeep, signal: AbortSignal): Promise<void> {
  const wait = (ms: number) => pause(ms, undefined, { signal, ref: false }).catch(() => undefined);
  let done = false;
  await wait(parts.after * 1000);
  while (!done && !signal.aborted) {
    done = await onePass(parts, signal, () => wait(PAUSE_MS)).catch((error: unknown) => {
      parts.log.warn('reseal_failed', { error });
      return false;
    });
    if (!done) await wait(parts.retry ?? RETRY_MS);
  }
}

/** Whether there is nothing left to do: one node went through, and met nothing that others were changing. */
async function onePass({ store, ring, log }: Upkeep, signal: AbortSignal, rest: () => Promise<void>): Promise<boolean> {
  const lease = await takeLease(store, leaseOf(ring.sealingId));
  if (typeof lease === 'string') return lease === 'done';
  const lost = new AbortController();
  const ended = AbortSignal.any([signal, lost.signal]);
  const afterBatch = async () => {
    if (!(await lease.renew())) lost.abort();
    await rest();
  };
  let done = false;
  try {
    const count = await reseal(store, ring, { batch: BATCH, signal: ended, afterBatch });
    done = !ended.aborted && count.changed === 0;
    if (!ended.aborted) log.info('resealed', { key: ring.sealingId, ...count });
  } finally {
    await lease.end(done);
  }
  return done;
}
