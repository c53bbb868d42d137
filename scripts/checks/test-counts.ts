import { z } from 'zod';

const shape = z.object({
  numTotalTests: z.int().nonnegative(),
  numPassedTests: z.int().nonnegative(),
  numFailedTests: z.int().nonnegative(),
  numFailedTestSuites: z.int().nonnegative(),
});

/** What became of the tests of one run. Skipped are all that neither passed nor failed. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Reads the report of Vitest's `json` reporter. A file that could not be loaded counts as failed. Throws on another shape. */
export function readCounts(report: string): TestCounts {
  const read = shape.parse(JSON.parse(report));
  const failed =
    read.numFailedTests === 0 && read.numFailedTestSuites > 0 ? read.numFailedTestSuites : read.numFailedTests;
  return {
    passed: read.numPassedTests,
    failed,
    skipped: Math.max(0, read.numTotalTests - read.numPassedTests - read.numFailedTests),
  };
}
