import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Turn, Turns } from '../../scripts/bench/contenders.ts';
import { median } from '../../scripts/bench/median.ts';
import { growth, rows } from '../../scripts/bench/table.ts';
import { runNode } from '../support/run-node.ts';

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
    const turns: readonly Turns[] = [
      { job: { kind: 'call', items: 1 }, turns: [turn(1000, 500), turn(100, 50)] },
      { job: { kind: 'call', items: 50 }, turns: [turn(900, 300), turn(90, 30)] },
      { job: { kind: 'list', items: 500 }, turns: [turn(9, 3), turn(90, 30)] },
    ];
    expect(rows('2025-11-25', turns).map((row) => row.trim().split(/ +/).at(-2))).toEqual(['2.0x', '3.0x', '3.0x']);
    expect(growth(turns).map((line) => line.trim())).toEqual([
      'a call with 50 tools costs 1.11 times one with 1; bare SDK 1.7 times',
    ]);
  });

  it('has both sides answer a filtered list alike, and compares them', async () => {
    const small = ['--jobs', 'list', '--era', '2026-07-28', '--rounds', '1', '--answers', '10', '--no-demo'];
    const { code, stdout, stderr } = await runNode(['scripts/bench/run.ts', ...small]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^2026-07-28 +list 500( +\d+){8}( +[\d.]+x){2}$/m);
  }, 60_000);
});
