import { defineConfig } from 'vitest/config';

// The fault campaign: nodes, databases and lines that fail under load, one fault after the other.
export default defineConfig({
  ssr: { resolve: { conditions: ['gatehouse-source', 'module', 'node', 'development'] } },
  test: {
    include: ['test/faults/**/*.fault.ts'],
    environment: 'node',
    pool: 'forks',
    fileParallelism: false,
    globalSetup: './test/faults/report.ts',
    reporters: ['default', './test/support/skipped-reporter.ts'],
  },
});
