import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const PAGE = new URL('../../docs/features.md', import.meta.url);
const ROW = /\| \[[^\]]+\]\(([^)]+)\): (.+) \|$/;

describe('docs/features.md', () => {
  it('names for each feature a test that there is, by its title', async () => {
    const lines = (await readFile(PAGE, 'utf8')).split('\n');
    const rows = lines.map((line) => ROW.exec(line)).filter((row) => row !== null);
    expect(rows.length).toBeGreaterThan(60);
    const missing: string[] = [];
    for (const [, file = '', title = ''] of rows) {
      const test = await readFile(new URL(file, PAGE), 'utf8');
      if (!test.includes(title.replaceAll('\\|', '|'))) missing.push(`${file}: ${title}`);
    }
    expect(missing).toEqual([]);
  });
});
