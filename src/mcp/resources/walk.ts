import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type InsideRules, partsOf } from './inside.ts';

/** What a walk looks at. */
export interface WalkRules extends InsideRules {
  /** Plain files that it tells of at most. */
  readonly maxFiles: number;
  /** Whether a file is told of. `path` is relative, with `/` between its parts. */
  accept(path: string): boolean;
}

/** Entries that one walk looks at, whether it tells of them or not. */
const MOST_LOOKED = 50_000;

/** The relative paths of the plain files below `root`, by name, folder after folder. Symbolic links are not followed. */
export async function filesBelow(root: string, rules: WalkRules): Promise<readonly string[]> {
  const found: string[] = [];
  let looked = 0;
  const visit = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      looked += 1;
      if (found.length >= rules.maxFiles || looked > MOST_LOOKED) return;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (partsOf(path, rules) === undefined) continue;
      if (entry.isDirectory()) await visit(path);
      else if (entry.isFile() && rules.accept(path)) found.push(path);
    }
  };
  await visit('');
  return found;
}
