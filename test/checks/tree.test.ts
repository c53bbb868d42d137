import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesUnder, readTree, treeOf } from '../../scripts/checks/tree.ts';
import { tempFolder } from './temp-folder.ts';

describe('readTree', () => {
  it('reads tracked and new text files, and leaves out ignored, removed and binary ones', () => {
    const folder = tempFolder({
      '.gitignore': 'dist/\n',
      'dist/a.js': 'built',
      'docs/picture.png': Buffer.from([0x89, 0x50, 0x00, 0x01]),
      'gone.ts': 'gone',
      'src/tracked ü.ts': 'tracked',
      'src/new.ts': 'new',
    });
    const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: folder });
    git('init', '--quiet');
    git('add', 'src/tracked ü.ts', 'gone.ts');
    rmSync(join(folder, 'gone.ts'));
    expect(Object.fromEntries(readTree(folder))).toEqual({
      '.gitignore': 'dist/\n',
      'src/new.ts': 'new',
      'src/tracked ü.ts': 'tracked',
    });
  });
});

describe('filesUnder', () => {
  it('takes whole folders and single files, in order of path', () => {
    const tree = treeOf({ 'src/b.ts': 'b', 'src/a/c.ts': 'c', 'srcs/d.ts': 'd', 'README.md': 'e', 'docs/f.md': 'f' });
    expect(filesUnder(tree, 'src', 'README.md').map(([path]) => path)).toEqual(['README.md', 'src/a/c.ts', 'src/b.ts']);
  });
});
