import { isBuiltin } from 'node:module';
import type { Check, Fault } from './check.ts';
import { listImports, packageOf } from './imports.ts';
import { readManifest } from './manifest.ts';
import { withSyntax } from './syntax.ts';
import { filesUnder, type Tree } from './tree.ts';

/**
 * Published files import only declared runtime packages; every runtime package is imported (its types count with it) and has its
 * line in README.
 */
export const dependencies: Check = { name: 'dependencies', find: async (tree) => ({ faults: await findStrays(tree) }) };

async function findStrays(tree: Tree): Promise<readonly Fault[]> {
  const manifest = readManifest(tree);
  const runtime = Object.keys(manifest.dependencies);
  const allowed = new Set([...runtime, ...Object.keys(manifest.peerDependencies)]);
  const imports = await withSyntax(filesUnder(tree, 'src', 'providers', 'test/contracts'), listImports);
  const tableLines = (tree.get('README.md') ?? '').split('\n').filter((line) => line.startsWith('|'));
  const used = new Set<string>();
  const faults: Fault[] = [];
  for (const { from, line, specifier } of imports) {
    if (specifier === undefined || specifier.startsWith('.') || isBuiltin(specifier)) continue;
    const name = packageOf(specifier);
    used.add(name).add(`@types/${name}`);
    if (allowed.has(name) || name === manifest.name) continue;
    const where = name in manifest.devDependencies ? 'only a devDependency' : 'not in package.json';
    faults.push({ file: from, line, message: `imports ${name}, which is ${where}: users would not have it installed` });
  }
  for (const name of runtime) {
    if (!used.has(name))
      faults.push(declared(name, 'no published file imports it: remove it or make it a devDependency'));
    if (!tableLines.some((line) => line.includes(`\`${name}\``))) {
      faults.push(
        declared(name, `README.md does not say why: add a line for \`${name}\` to its table of dependencies`),
      );
    }
  }
  return faults;
}

function declared(name: string, message: string): Fault {
  return { file: 'package.json', message: `dependency ${name}: ${message}` };
}
