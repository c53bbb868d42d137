import { describe, expect, it } from 'vitest';
import { sizes } from '../../scripts/checks/sizes.ts';
import { treeOf } from '../../scripts/checks/tree.ts';

const lines = (count: number): string => 'x;\n'.repeat(count);

describe('sizes', () => {
  it('accepts 250 lines, and tells from 151 on', async () => {
    const tree = treeOf({ 'src/a.ts': lines(250), 'providers/b.ts': lines(151), 'scripts/c.ts': lines(150) });
    expect(await sizes.find(tree, '')).toEqual({
      faults: [],
      notices: [
        { file: 'providers/b.ts', message: '151 lines (about 150 is usual)' },
        { file: 'src/a.ts', message: '250 lines (about 150 is usual)' },
      ],
    });
  });

  it('refuses 251 lines in src, providers and scripts, not in tests', async () => {
    const files = {
      'src/a.ts': lines(251),
      'providers/b.ts': lines(251),
      'scripts/c.ts': lines(251),
      'test/d.ts': lines(251),
    };
    const { faults } = await sizes.find(treeOf(files), '');
    expect(faults.map(({ file }) => file)).toEqual(['providers/b.ts', 'scripts/c.ts', 'src/a.ts']);
    expect(faults[0]?.message).toBe('251 lines (at most 250): split it where it holds two ideas');
  });
});
