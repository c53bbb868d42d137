import { defineConfig } from 'vitest/config';

const skipped = './test/support/skipped-reporter.ts';

export default defineConfig({
  // Examples import the package by its name; here that means its source.
  ssr: { resolve: { conditions: ['gatehouse-source', 'module', 'node', 'development'] } },
  test: {
    include: ['test/**/*.test.ts'],
    environment: 'node',
    pool: 'threads',
    // Modules are loaded once a worker and not once a file: a third of the time of the whole suite. A test leaves none of its state in them.
    isolate: false,
    maxWorkers: 2,
    // What is waited for comes in moments; a machine whose disk or neighbours hold it up is waited for, too.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    reporters: process.env.CI === 'true' ? ['default', 'json', skipped] : ['default', skipped],
    outputFile: { json: 'test-results/vitest.json' },
  },
});
