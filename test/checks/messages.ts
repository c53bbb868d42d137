import { type Check, printFault } from '../../scripts/checks/check.ts';
import { treeOf } from '../../scripts/checks/tree.ts';

/** What a check says of a small tree, one printed line per fault. */
export async function faultsIn(check: Check, files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { faults } = await check.find(treeOf(files), '');
  return faults.map(printFault);
}
