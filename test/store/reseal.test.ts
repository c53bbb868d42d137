import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateFernetKey, sealingTime } from '../../src/core/fernet.ts';
import { silentLog } from '../../src/core/log.ts';
import { keyIdOf, keyRing } from '../../src/store/key-ring.ts';
import type { MaintainableStore } from '../../src/store/maintenance.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { reseal, sealedBy } from '../../src/store/reseal.ts';
import { sealedStore } from '../../src/store/sealed.ts';
import { storedName } from '../../src/store/sealed-record.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { runNode } from '../support/run-node.ts';
import { freshFolder, movableClock } from './stores-under-test.ts';

const [oldKey, newKey] = [generateFernetKey(), generateFernetKey()];
const stages = [[oldKey], [oldKey, newKey], [newKey, oldKey], [newKey]].map((keys) => keyRing(keys));
const [before, , during, after] = stages as [Ring, Ring, Ring, Ring];
type Ring = ReturnType<typeof keyRing>;

const open = (inner: MaintainableStore, ring: Ring) => sealedStore(inner, ring, { log: silentLog });

/** A memory store with `count` records that the old key has sealed, in which the new one has its canary. */
async function filled(count: number, inner: MaintainableStore = memoryStore()) {
  const store = await open(inner, before);
  for (let index = 0; index < count; index += 1) await store.put(`grant:${index}`, `value ${index}`, 3600);
  await open(inner, during);
  return inner;
}

describe('sealing anew', () => {
  it('ST-07 leaves every record readable by the new key alone, and nothing under the old one', async () => {
    const inner = await filled(25);
    expect(await sealedBy(inner, during)).toEqual(
      new Map([
        [during.ids[0], 0],
        [during.ids[1], 25],
      ]),
    );
    const batches: number[] = [];
    const count = await reseal(inner, during, { batch: 10, afterBatch: ({ resealed }) => void batches.push(resealed) });
    expect(count).toEqual({ resealed: 25, current: 0, changed: 0, unreadable: 0 });
    expect(batches).toEqual([7, 17, 25]);
    const alone = await open(inner, after);
    for (let index = 0; index < 25; index += 1) expect(await alone.get(`grant:${index}`)).toBe(`value ${index}`);
    expect(await sealedBy(inner, during)).toEqual(
      new Map([
        [during.ids[0], 25],
        [during.ids[1], 0],
      ]),
    );
    expect(await reseal(inner, during, { batch: 10 })).toMatchObject({ resealed: 0, current: 25 });
  });

  it('keeps lifetime and time of sealing, so that no clock comes into it', async () => {
    const { clock, advance } = movableClock();
    const inner = memoryStore({ clock });
    const store = await sealedStore(inner, before, { clock, log: silentLog });
    await store.put('grant:a', 'value', 60);
    const sealedAt = clock();
    advance(30);
    await reseal(inner, during, { batch: 10 });
    const sealed = (await inner.get(storedName('grant:a'))) ?? '';
    expect([keyIdOf(sealed), sealingTime(sealed.slice(9))]).toEqual([after.sealingId, sealedAt]);
    const node = await sealedStore(inner, during, { clock, log: silentLog });
    advance(29);
    expect(await node.get('grant:a')).toBe('value');
    advance(1);
    expect(await inner.get(storedName('grant:a'))).toBeUndefined();
  });

  it('ST-01 ST-02 leaves alone what does not open, and what is in the wrong place stays refused', async () => {
    const inner = await filled(2);
    const genuine = (await inner.get(storedName('grant:0'))) ?? '';
    const altered = `${genuine.slice(0, -9)}${genuine.at(-9) === 'A' ? 'B' : 'A'}${genuine.slice(-8)}`;
    await inner.put(storedName('grant:altered'), altered, 60);
    await inner.put(storedName('grant:plain'), '{"code":1}', 60);
    await inner.put(storedName('grant:moved'), genuine, 60);
    expect(await sealedBy(inner, during)).toEqual(
      new Map([
        [during.ids[0], 0],
        [during.ids[1], 3],
      ]),
    );
    expect(await reseal(inner, during, { batch: 3 })).toMatchObject({ resealed: 3, unreadable: 2 });
    expect(await inner.get(storedName('grant:altered'))).toBe(altered);
    const alone = await open(inner, after);
    expect(await alone.get('grant:0')).toBe('value 0');
    for (const name of ['grant:moved', 'grant:plain']) expect(await alone.get(name)).toBeUndefined();
    await expect(alone.get('grant:altered'), 'to this ring it is of another key').rejects.toMatchObject({
      status: 503,
    });
  });

  it('stops between two records when it is told to, and goes on where it was', async () => {
    const inner = await filled(40);
    const stopping = new AbortController();
    const afterBatch = ({ resealed }: { readonly resealed: number }) => {
      if (resealed >= 10) stopping.abort();
    };
    const first = await reseal(inner, during, { batch: 4, signal: stopping.signal, afterBatch });
    expect(first.resealed).toBeLessThan(20);
    const second = await reseal(inner, during, { batch: 4 });
    expect(first.resealed + second.resealed).toBe(40);
  });

  it('survives kill -9 in the middle, and the next one ends the work', async () => {
    const file = join(freshFolder(), 'state.db');
    await (await filled(60, sqliteStore({ file }))).close();
    const killed = await runNode(['test/store/reseal-process.ts', file, '3', [newKey, oldKey].join()]);
    expect([killed.code, killed.stdout.trim().split('\n')]).toEqual([null, expect.any(Array)]);
    const inner = sqliteStore({ file });
    const done = (await sealedBy(inner, during)).get(after.sealingId) ?? 0;
    expect([done > 0, done < 60]).toEqual([true, true]);
    const node = await open(inner, during);
    for (let index = 0; index < 60; index += 1) expect(await node.get(`grant:${index}`)).toBe(`value ${index}`);
    expect(await reseal(inner, during, { batch: 10 })).toMatchObject({ resealed: 60 - done, current: done });
    const alone = await open(inner, after);
    for (let index = 0; index < 60; index += 1) expect(await alone.get(`grant:${index}`)).toBe(`value ${index}`);
    await inner.close();
  });
});

type Change = { readonly record: number; readonly node: number; readonly kind: 'put' | 'take' | 'delete' | 'once' };
const change: fc.Arbitrary<Change> = fc.record({
  record: fc.integer({ min: 0, max: 5 }),
  node: fc.integer({ min: 0, max: 1 }),
  kind: fc.constantFrom('put', 'take', 'delete', 'once'),
});

describe('sealing anew under traffic', () => {
  it('loses no write and brings nothing back, wherever a write falls between its reading and its writing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(change, { maxLength: 4 }), { maxLength: 12 }), async (rounds) => {
        const inner = await filled(6);
        const model = new Map(Array.from({ length: 6 }, (_, index) => [`grant:${index}`, `value ${index}`]));
        const nodes = await Promise.all([open(inner, stages[1] as Ring), open(inner, during)]);
        const queue = rounds.map((changes) => [...changes]);
        let written = 0;
        const meanwhile = async () => {
          for (const { record, node, kind } of queue.shift() ?? []) {
            written += 1;
            const [name, store, value] = [`grant:${record}`, nodes[node], `written ${written}`];
            if (store === undefined) continue;
            if (kind === 'put') await store.put(name, value, 60);
            if (kind === 'take') expect(await store.take(name)).toBe(model.get(name));
            if (kind === 'delete') await store.delete(name);
            if (kind === 'once') expect(await store.putIfAbsent(name, value, 60)).toBe(!model.has(name));
            if (kind === 'put' || (kind === 'once' && !model.has(name))) model.set(name, value);
            if (kind === 'take' || kind === 'delete') model.delete(name);
          }
        };
        const replace: MaintainableStore['replace'] = async (...step) => {
          await meanwhile();
          return inner.replace(...step);
        };
        await reseal({ ...inner, replace }, during, { batch: 2, afterBatch: meanwhile });
        for (const node of nodes) {
          for (let index = 0; index < 6; index += 1) {
            expect(await node.get(`grant:${index}`)).toBe(model.get(`grant:${index}`));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('F22 nodes that are restarted in any order the guide allows read and write without one failure', async () => {
    const step = fc.record({
      node: fc.integer({ min: 0, max: 2 }),
      record: fc.integer({ min: 0, max: 9 }),
      move: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const inner = memoryStore();
        const at = [0, 0, 0];
        const nodes = [await open(inner, before), await open(inner, before), await open(inner, before)];
        const model = new Map<string, string>();
        for (const [index, { node, record, move }] of [...steps, ...steps].entries()) {
          const own = at[node] ?? 0;
          if (move && own < 3 && Math.min(...at) >= own) {
            // Before the first node is left with the new key alone, the records are sealed anew.
            if (own === 2 && Math.max(...at) === 2) await reseal(inner, during, { batch: 3 });
            at[node] = own + 1;
            nodes[node] = await open(inner, stages[own + 1] as Ring);
          }
          const [name, value] = [`grant:${record}`, `value ${index}`];
          for (const reader of nodes) expect(await reader.get(name)).toBe(model.get(name));
          await nodes[node]?.put(name, value, 60);
          model.set(name, value);
        }
      }),
      { numRuns: 60 },
    );
  });
});
