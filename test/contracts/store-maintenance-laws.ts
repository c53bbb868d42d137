import assert from 'node:assert/strict';
import { isMaintainable, type MaintainableStore, scanPages } from '../../src/store/maintenance.ts';
import type { Store } from '../../src/store/store.ts';
import { law, type StoreLaw } from './store-law.ts';

/**
 * What a store promises that offers `scan` and `replace` beside the Store contract. Run them as the other laws. Without
 * those two a store is whole, but its records cannot be sealed anew when a key changes.
 */
export const maintenanceLaws: readonly StoreLaw[] = [
  law('finds every record that was there all the time, whatever the size of a page', async ({ store }) => {
    const maintained = maintainable(store);
    const names = Array.from({ length: 57 }, (_, index) => `grant:${index}`);
    for (const name of [...names, 'code:*', 'code:é😀', 'x']) await store.put(name, `of ${name}`, 60);
    for (const limit of [1, 7, 1000]) {
      const found = await everything(maintained, limit);
      assert.deepEqual([...found.keys()].sort(), [...names, 'code:*', 'code:é😀', 'x'].sort());
      for (const [name, value] of found) assert.equal(value, `of ${name}`);
    }
  }),
  law('finds the rest of the records while others come and go', async ({ store }) => {
    const maintained = maintainable(store);
    for (let index = 0; index < 40; index += 1) await store.put(`grant:${index}`, 'v', 60);
    const found = new Set<string>();
    let round = 0;
    for await (const page of scanPages(maintained, 4)) {
      for (const { name } of page) found.add(name);
      await store.delete(`grant:${round}`);
      await store.put(`late:${round}`, 'v', 60);
      await store.put('grant:30', `changed ${round}`, 60);
      round += 1;
      assert.ok(round < 1000, 'a scan must end while records are added');
    }
    for (let index = round; index < 40; index += 1) assert.ok(found.has(`grant:${index}`), `grant:${index} was missed`);
  }),
  law('finds nothing in an empty store, and no record whose lifetime is over', async ({ store, advance }) => {
    const maintained = maintainable(store);
    assert.equal((await everything(maintained, 10)).size, 0);
    await store.put('code:short', '1', 2);
    await store.put('code:kept', '2', Infinity);
    await advance(3);
    assert.deepEqual([...(await everything(maintained, 10)).keys()], ['code:kept']);
  }),
  law('replaces what it was told to expect, and leaves the lifetime alone', async ({ store, advance }) => {
    const maintained = maintainable(store);
    await store.put('code:short', '1', 2);
    await store.put('code:kept', '1', Infinity);
    assert.equal(await maintained.replace('code:short', '1', '2'), true);
    assert.equal(await maintained.replace('code:kept', '1', '2'), true);
    assert.equal(await store.get('code:short'), '2');
    await advance(3);
    assert.equal(await store.get('code:short'), undefined);
    assert.equal(await store.get('code:kept'), '2');
  }),
  law('replaces nothing that is absent, over, taken or different', async ({ store, advance }) => {
    const maintained = maintainable(store);
    await store.put('code:other', '1', 60);
    await store.put('code:over', '1', 2);
    await store.put('code:taken', '1', 60);
    await store.take('code:taken');
    await advance(3);
    for (const name of ['code:none', 'code:over', 'code:taken']) {
      assert.equal(await maintained.replace(name, '1', '2'), false);
      assert.equal(await store.get(name), undefined);
    }
    for (const expected of ['', '2', '1 ', '%', '*']) {
      assert.equal(await maintained.replace('code:other', expected, '3'), false);
    }
    assert.equal(await store.get('code:other'), '1');
  }),
  law('lets exactly one of 50 parallel replace of one value win, over every handle', async (subject) => {
    const other = await subject.another?.();
    const handles = [subject.store, other ?? subject.store].map(maintainable);
    await subject.store.put('code:a', 'start', 60);
    const won = await Promise.all(
      Array.from({ length: 25 }, (_, turn) =>
        handles.map((handle, index) => handle.replace('code:a', 'start', `${turn}/${index}`)),
      ).flat(),
    );
    await other?.close();
    assert.equal(won.filter(Boolean).length, 1);
  }),
  law('rejects with temporarily_unavailable after close', async ({ store }) => {
    const maintained = maintainable(store);
    await store.close();
    const unavailable = { code: 'temporarily_unavailable', status: 503 };
    await assert.rejects(maintained.scan(undefined, 10), unavailable);
    await assert.rejects(maintained.replace('code:a', '1', '2'), unavailable);
  }),
];

function maintainable(store: Store): MaintainableStore {
  assert.ok(isMaintainable(store), 'the store has no scan and replace');
  return store;
}

async function everything(store: MaintainableStore, limit: number): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for await (const page of scanPages(store, limit)) {
    for (const { name, value } of page) found.set(name, value);
  }
  return found;
}
