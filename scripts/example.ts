/** Runs a program of examples/: `npm run example -- <name>`. Without a name it lists them. */
import { globSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '../examples');
const names = globSync('*/main.ts', { cwd: root })
  .map((file) => basename(dirname(file)))
  .sort();
const [, , name = ''] = process.argv;

if (names.includes(name)) {
  await import(pathToFileURL(join(root, name, 'main.ts')).href);
} else {
  console.error(`npm run example -- <name>, one of: ${names.join(', ')}. See examples/README.md.`);
  process.exitCode = 1;
}
