import { describe, expect, it } from 'vitest';
import { exportsAgree } from '../../scripts/checks/exports.ts';
import { faultsIn } from './messages.ts';

const entry = (path: string) => ({
  'gatehouse-source': `./${path}.ts`,
  types: `./dist/${path}.d.ts`,
  default: `./dist/${path}.js`,
});
const manifest = {
  name: 'mcp-gatehouse',
  bin: { gatehouse: './dist/src/main.js' },
  exports: { '.': entry('src/index'), './stores/memory': entry('src/store/memory') },
};
const good = {
  'package.json': JSON.stringify(manifest),
  'README.md': "import 'mcp-gatehouse';\nThe store `mcp-gatehouse/stores/memory` forgets.",
  'src/index.ts': '',
  'src/main.ts': '',
  'src/store/memory.ts': '',
};
const withExports = (exports: object): Record<string, string> => ({
  ...good,
  'package.json': JSON.stringify({ ...manifest, exports: { ...manifest.exports, ...exports } }),
});

describe('exports', () => {
  it('accepts exports, files and words that agree', async () => {
    expect(await faultsIn(exportsAgree, good)).toEqual([]);
  });

  it('refuses an export whose file is missing, and that README does not name', async () => {
    expect(await faultsIn(exportsAgree, withExports({ './stores/redis': entry('src/store/redis') }))).toEqual([
      'package.json  export ./stores/redis has the source ./src/store/redis.ts, which does not exist',
      'README.md  does not name the export mcp-gatehouse/stores/redis: tell what it is for',
    ]);
  });

  it('refuses an export that is not built from its source', async () => {
    const files = withExports({ './stores/memory': { ...entry('src/store/memory'), default: './dist/memory.js' } });
    expect(await faultsIn(exportsAgree, files)).toEqual([
      'package.json  export ./stores/memory: "default" must be ./dist/src/store/memory.js, which is what tsc builds from its source',
    ]);
    expect(
      await faultsIn(exportsAgree, withExports({ './stores/memory': { default: './dist/src/store/memory.js' } })),
    ).toEqual([
      'package.json  export ./stores/memory has no "gatehouse-source": name the .ts file that it is built from',
    ]);
  });

  it('refuses a command whose file is missing', async () => {
    const { 'src/main.ts': _main, ...rest } = good;
    expect(await faultsIn(exportsAgree, rest)).toEqual([
      'package.json  bin gatehouse is built from ./src/main.ts, which does not exist',
    ]);
  });

  it('refuses words in README, docs and examples about what is not exported', async () => {
    const files = {
      ...good,
      'docs/stores.md': 'See\n`mcp-gatehouse/stores/redis`.',
      'examples/a.ts': "import 'mcp-gatehouse/src';",
    };
    expect(await faultsIn(exportsAgree, files)).toEqual([
      'docs/stores.md:2  names mcp-gatehouse/stores/redis, which package.json does not export: correct the name or add the export',
      'examples/a.ts:1  names mcp-gatehouse/src, which package.json does not export: correct the name or add the export',
    ]);
  });

  it('reads patterns', async () => {
    const files = withExports({ './providers/*': entry('providers/*') });
    const told = {
      ...files,
      'README.md': `${good['README.md']} \`mcp-gatehouse/providers/*\`, as \`mcp-gatehouse/providers/github\``,
    };
    expect(await faultsIn(exportsAgree, { ...told, 'providers/github.ts': '' })).toEqual([]);
    expect(await faultsIn(exportsAgree, told)).toEqual([
      'package.json  export ./providers/* has the source ./providers/*.ts, which does not exist',
    ]);
  });
});
