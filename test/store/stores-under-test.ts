import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { silentLog } from '../../src/core/log.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { sealedStore } from '../../src/store/sealed.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import type { StoreUnderTest } from '../contracts/index.ts';

/** A clock that a test moves. Starts in 2026. */
export function movableClock(): { readonly clock: Clock; advance(seconds: number): void } {
  let now = 1_790_000_000;
  return {
    clock: () => now,
    advance: (seconds) => {
      now += seconds;
    },
  };
}

/** A folder of its own for the running test, removed after it. */
export function freshFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-store-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every way a store is opened, fresh and empty each time. */
export const storesUnderTest: Readonly<Record<string, () => Promise<StoreUnderTest>>> = {
  'the memory store': async () => {
    const { clock, advance } = movableClock();
    return { store: memoryStore({ clock }), advance };
  },
  'the SQLite store': async () => {
    const { clock, advance } = movableClock();
    const file = join(freshFolder(), 'state.db');
    const open = () => sqliteStore({ file, clock });
    return { store: open(), advance, another: async () => open() };
  },
  'the SQLite store without a file': async () => {
    const { clock, advance } = movableClock();
    return { store: sqliteStore({ file: ':memory:', clock }), advance };
  },
  'the sealed memory store': async () => {
    const { clock, advance } = movableClock();
    return { store: await sealedStore(memoryStore({ clock }), freshRing(), { clock, log: silentLog }), advance };
  },
  'the sealed SQLite store': async () => {
    const { clock, advance } = movableClock();
    const file = join(freshFolder(), 'state.db');
    const ring = freshRing();
    const open = () => sealedStore(sqliteStore({ file, clock }), ring, { clock, log: silentLog });
    return { store: await open(), advance, another: open };
  },
};

const freshRing = () => keyRing([generateFernetKey()]);
