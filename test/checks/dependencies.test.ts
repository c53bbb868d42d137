import { describe, expect, it } from 'vitest';
import { dependencies } from '../../scripts/checks/dependencies.ts';
import { faultsIn } from './messages.ts';

const manifest = {
  name: 'mcp-gatehouse',
  dependencies: { express: '^5.0.0' },
  devDependencies: { vitest: '^5.0.0' },
};
const good = {
  'package.json': JSON.stringify(manifest),
  'README.md': '| package | why |\n| --- | --- |\n| `express` | HTTP |\n',
  'src/host/app.ts': "import express from 'express';\nimport { join } from 'node:path';\nimport './other.ts';",
};

describe('dependencies', () => {
  it('accepts published files that import declared packages, Node and each other', async () => {
    expect(await faultsIn(dependencies, good)).toEqual([]);
  });

  it('refuses a development package, and one that nobody declared, also for types', async () => {
    const text = "import { it } from 'vitest';\nimport type { Server } from '@modelcontextprotocol/server/stdio';";
    expect(await faultsIn(dependencies, { ...good, 'src/core/leaf.ts': text })).toEqual([
      'src/core/leaf.ts:1  imports vitest, which is only a devDependency: users would not have it installed',
      'src/core/leaf.ts:2  imports @modelcontextprotocol/server, which is not in package.json: users would not have it installed',
    ]);
  });

  it('does not judge tests and scripts', async () => {
    const text = "import { it } from 'vitest';";
    expect(await faultsIn(dependencies, { ...good, 'test/a.test.ts': text, 'scripts/b.ts': text })).toEqual([]);
  });

  it('refuses a dependency that nobody imports', async () => {
    expect(await faultsIn(dependencies, { ...good, 'src/host/app.ts': '' })).toEqual([
      'package.json  dependency express: no published file imports it: remove it or make it a devDependency',
    ]);
  });

  it('accepts the declarations of a package that is imported', async () => {
    const told = `${good['README.md']}| \`@types/express\` | our declarations name its types |\n`;
    const manifestWithTypes = { ...manifest, dependencies: { ...manifest.dependencies, '@types/express': '^5.0.0' } };
    const files = { ...good, 'README.md': told, 'package.json': JSON.stringify(manifestWithTypes) };
    expect(await faultsIn(dependencies, files)).toEqual([]);
  });

  it('refuses a dependency without a line in the table of README', async () => {
    expect(await faultsIn(dependencies, { ...good, 'README.md': 'It uses `express`.' })).toEqual([
      'package.json  dependency express: README.md does not say why: add a line for `express` to its table of dependencies',
    ]);
  });
});
