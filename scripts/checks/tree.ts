import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Text files by path relative to the root, with forward slashes. */
export type Tree = ReadonlyMap<string, string>;

/** Makes a tree from literals. */
export function treeOf(files: Readonly<Record<string, string>>): Tree {
  return new Map(Object.entries(files));
}

/** Reads every text file that git tracks or would track under `root`; ignored and binary files are left out. */
export function readTree(root: string): Tree {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
  const tree = new Map<string, string>();
  for (const path of listed.toString('utf8').split('\0')) {
    if (path === '' || !existsSync(join(root, path))) continue;
    const bytes = readFileSync(join(root, path));
    if (!bytes.includes(0)) tree.set(path, bytes.toString('utf8'));
  }
  return tree;
}

/** The files of a tree under one of the given folders (or equal to a given path), in order of path. */
export function filesUnder(tree: Tree, ...places: readonly string[]): readonly (readonly [string, string])[] {
  return [...tree]
    .filter(([path]) => places.some((place) => path === place || path.startsWith(`${place}/`)))
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
