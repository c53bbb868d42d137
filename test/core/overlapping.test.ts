import { describe, expect, it } from 'vitest';
import { findOverlap } from '../../src/core/overlapping.ts';

const overlap = (...beginnings: string[]) => findOverlap(beginnings, (each) => each);

describe('beginnings of names', () => {
  it('are not apart where one begins another in whatever order, is the same, or is empty', () => {
    expect(overlap('c_', 'a_', 'a_b_')).toEqual(['a_b_', 'a_']);
    expect(overlap('a_b_', 'a_', 'c_')).toEqual(['a_b_', 'a_']);
    expect(overlap('a_', 'a_')).toEqual(['a_', 'a_']);
    expect(overlap('a_', '')).toEqual(['a_', '']);
  });

  it('are apart otherwise, and alone', () => {
    expect(overlap('a_', 'ab_', 'b_a_', 'A_b_')).toBeUndefined();
    expect([overlap(), overlap('')]).toEqual([undefined, undefined]);
  });
});
