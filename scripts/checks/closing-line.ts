import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readCounts } from './test-counts.ts';

/** Ends a CI run: prints the counts that Vitest wrote, and fails unless every test ran and passed. */
const report = fileURLToPath(new URL('../../test-results/vitest.json', import.meta.url));
const { passed, failed, skipped } = readCounts(readFileSync(report, 'utf8'));
if (skipped > 0) console.error(`${skipped} tests were skipped, and nothing may be: run \`npm test\` to see which.`);
console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
process.exitCode = failed === 0 && skipped === 0 && passed > 0 ? 0 : 1;
