import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Turn } from '../../scripts/bench/contenders.ts';
import { median } from '../../scripts/bench/median.ts';
import { growth, rows } from '../../scripts/bench/table.ts';

const turn = (ours: number, bare: number): Turn => ({
  ours: { calls: 1, rate: ours, cpu: 1000 / ours, p50: 1, p99: 2 },
  bare: { calls: 1, rate: bare, cpu: 1000 / bare, p50: 3, p99: 4 },
});

describe('the numbers of the bench', () => {
  it('takes a median that has as many values below it as above', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), (values) => {
        const middle = median(values);
        const below = values.filter((value) => value < middle).length;
        const above = values.filter((value) => value > middle).length;
        expect(Math.max(below, above)).toBeLessThanOrEqual(values.length / 2);
      }),
    );
    expect(median([1, 2, 4, 9])).toBe(3);
    expect(() => median([])).toThrow('There is no median of nothing.');
  });

  it('compares turns of the same round, so that a busy minute does not count', () => {
    const turns = new Map([
      [1, [turn(1000, 500), turn(100, 50)]],
      [50, [turn(900, 300), turn(90, 30)]],
    ]);
    expect(rows('2025-11-25', turns).map((row) => row.trim().split(/ +/).at(-2))).toEqual(['2.0x', '3.0x']);
    expect(growth(turns).trim()).toBe('a call with 50 tools costs 1.11 times one with 1; bare SDK 1.7 times');
  });
});
