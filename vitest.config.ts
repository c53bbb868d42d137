import { defineConfig } from 'vitest/config';

const skipped = './test/support/skipped-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    pool: 'threads',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    reporters: process.env.CI === 'true' ? ['default', 'json', skipped] : ['default', skipped],
    outputFile: { json: 'test-results/vitest.json' },
  },
});
