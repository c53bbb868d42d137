import { globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const names = globSync('examples/*/main.ts', { cwd: root }).map((file) => basename(dirname(file)));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

it('every example tells its command, stands in the table of examples and is run by a test', () => {
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) {
    expect(read(`examples/${name}/README.md`)).toContain(`npm run example -- ${name}\n`);
    expect(read('examples/README.md')).toContain(`| \`npm run example -- ${name}\` |`);
    expect(read(`test/examples/${name}.test.ts`)).toContain(`'${name}'`);
  }
});
