import { array, assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recentMap } from '../../src/core/recent-map.ts';

describe('a map of what was used last', () => {
  it('keeps what was used last, and no more than it has room for', () => {
    assert(
      property(array(integer({ min: 0, max: 30 })), integer({ min: 1, max: 8 }), (keys, room) => {
        const kept = recentMap<number>(room);
        for (const key of keys) kept.set(String(key), key);
        const last = [...new Set([...keys].reverse())].slice(0, room);
        expect(kept.size).toBe(last.length);
        expect(last.map((key) => kept.get(String(key)))).toEqual(last);
      }),
    );
  });

  it('counts a look as a use', () => {
    const kept = recentMap<number>(2);
    kept.set('a', 1);
    kept.set('b', 2);
    expect(kept.get('a')).toBe(1);
    kept.set('c', 3);
    expect([kept.get('a'), kept.get('b'), kept.get('c')]).toEqual([1, undefined, 3]);
  });
});
