import { defineConfig } from 'vitest/config';

// The official conformance suite against every style of mount, in both revisions.
export default defineConfig({
  ssr: { resolve: { conditions: ['gatehouse-source', 'module', 'node', 'development'] } },
  test: { include: ['test/conformance/**/*.conformance.ts'], environment: 'node', pool: 'threads', maxWorkers: 1 },
});
