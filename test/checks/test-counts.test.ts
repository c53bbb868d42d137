import { describe, expect, it } from 'vitest';
import { readCounts } from '../../scripts/checks/test-counts.ts';

const report = (numTotalTests: number, numPassedTests: number, numFailedTests: number, numFailedTestSuites: number) =>
  JSON.stringify({ numTotalTests, numPassedTests, numFailedTests, numFailedTestSuites });

describe('readCounts', () => {
  it('reads what Vitest counted', () => {
    expect(readCounts(report(12, 12, 0, 0))).toEqual({ passed: 12, failed: 0, skipped: 0 });
    expect(readCounts(report(12, 8, 3, 2))).toEqual({ passed: 8, failed: 3, skipped: 1 });
  });

  it('counts a file that did not load as failed', () => {
    expect(readCounts(report(12, 12, 0, 1))).toEqual({ passed: 12, failed: 1, skipped: 0 });
  });

  it('refuses what is no report', () => {
    expect(() => readCounts('{}')).toThrow('numTotalTests');
  });
});
