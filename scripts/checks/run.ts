import { fileURLToPath } from 'node:url';
import { boundaries } from './boundaries.ts';
import { type Check, printFault } from './check.ts';
import { dependencies } from './dependencies.ts';
import { documented } from './documented.ts';
import { environment } from './environment.ts';
import { exportsAgree } from './exports.ts';
import { lockfile } from './lockfile.ts';
import { secrets } from './secrets.ts';
import { settings } from './settings.ts';
import { sizes } from './sizes.ts';
import { testsRun } from './tests-run.ts';
import { lint, types } from './tools.ts';
import { readTree, type Tree } from './tree.ts';

const checks: readonly Check[] = [
  types,
  lint,
  boundaries,
  dependencies,
  sizes,
  environment,
  exportsAgree,
  documented,
  settings,
  secrets,
  lockfile,
  testsRun,
];

const root = fileURLToPath(new URL('../..', import.meta.url));
const tree = readTree(root);
const failed: Check[] = [];
for (const check of checks) if (!(await passes(check, tree))) failed.push(check);
console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.map(({ name }) => name).join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function passes(check: Check, tree: Tree): Promise<boolean> {
  const start = performance.now();
  const { faults, notices = [] } = await check.find(tree, root);
  const took = `${Math.round(performance.now() - start)} ms`;
  const result = faults.length === 0 ? 'ok' : `${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`;
  console.log(`${check.name.padEnd(14)}${result.padEnd(12)}${took.padStart(8)}`);
  for (const fault of faults) console.log(`  ${printFault(fault)}`);
  for (const notice of notices) console.log(`  note: ${printFault(notice)}`);
  return faults.length === 0;
}
