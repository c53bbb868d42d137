import { describe, expect, it } from 'vitest';
import { roster } from '../../src/authorization/roster.ts';
import { memoryStore } from '../../src/store/memory.ts';

describe('the roster', () => {
  it('lists ids in the order they were added', async () => {
    const list = roster(memoryStore(), 'machine');
    await list.add('one');
    await list.add('two');
    expect(await list.list()).toEqual(['one', 'two']);
  });

  it('keeps the ids behind a removed one, and appends after them', async () => {
    const list = roster(memoryStore(), 'machine');
    for (const id of ['one', 'two', 'three']) await list.add(id);
    await list.remove('two');
    await list.remove('never there');
    await list.add('four');
    expect(await list.list()).toEqual(['one', 'three', 'four']);
  });

  it('gives twenty additions at once a slot each', async () => {
    const store = memoryStore();
    const ids = Array.from({ length: 20 }, (_, index) => `id${index}`);
    await Promise.all(ids.map((id) => roster(store, 'machine').add(id)));
    expect([...(await roster(store, 'machine').list())].sort()).toEqual([...ids].sort());
  });

  it('keeps two kinds apart', async () => {
    const store = memoryStore();
    await roster(store, 'machine').add('m');
    expect(await roster(store, 'account').list()).toEqual([]);
  });
});
