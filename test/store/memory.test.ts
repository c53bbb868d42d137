import { describe, expect, it } from 'vitest';
import { memoryStore } from '../../src/store/memory.ts';
import { movableClock } from './stores-under-test.ts';

describe('memoryStore', () => {
  it('ST-18 lets go of ended records while it is written to, and of no other', async () => {
    const { clock, advance } = movableClock();
    const store = memoryStore({ clock });
    for (let index = 0; index < 1000; index += 1) await store.put(`code:${index}`, '1', 10);
    await store.put('client:a', '1', 60);
    advance(11);
    for (let index = 0; index < 500; index += 1) await store.put(`grant:${index}`, '1', 60);
    expect(await store.get('client:a')).toBe('1');
    // Only what was really removed stays away when the clock goes back.
    advance(-11);
    for (let index = 0; index < 1000; index += 1) expect(await store.get(`code:${index}`)).toBeUndefined();
  });
});
