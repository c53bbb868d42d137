import { describe, expect, it } from 'vitest';
import { boundaries } from '../../scripts/checks/boundaries.ts';
import { rooms } from '../../scripts/checks/room-table.ts';
import { faultsIn } from './messages.ts';

const clock = { 'src/core/clock.ts': 'export type Clock = () => number;' };

describe('boundaries', () => {
  it('lets a room import itself and what the table allows', async () => {
    const files = {
      ...clock,
      'src/gate/decide.ts': "import type { Clock } from '../core/clock.ts';\nimport './claims.ts';",
      'src/gate/claims.ts': "import { z } from 'zod';\nimport { createHash } from 'node:crypto';",
      'src/main.ts': "import './commands/serve.ts';",
      'src/commands/serve.ts': "import '../gate/decide.ts';\nconst file = 'x';\nawait import(file);",
      'providers/local.ts': "import type { Upstream } from '../src/authorization/upstream/upstream.ts';",
      'src/authorization/upstream/upstream.ts': '',
    };
    expect(await faultsIn(boundaries, files)).toEqual([]);
  });

  it.each([
    ['a static import', "import { grant } from '../gate/grant.ts';"],
    ['a type import', "import type { Grant } from '../gate/grant.ts';"],
    ['an import type', "export type Grant = import('../gate/grant.ts').Grant;"],
    ['a dynamic import', "const gate = await import('../gate/grant.ts');"],
    ['a re-export', "export { grant } from '../gate/grant.ts';"],
    ['a re-export of everything', "export * from '../gate/grant.ts';"],
    ['an import for its effects', "import '../gate/grant.ts';"],
  ])('refuses %s of another room in core', async (_kind, text) => {
    expect(await faultsIn(boundaries, { 'src/core/leaf.ts': `\n${text}`, 'src/gate/grant.ts': '' })).toEqual([
      'src/core/leaf.ts:2  core may not import gate (src/gate/grant.ts): core imports nothing of ours',
    ]);
  });

  it('does not take comments, strings and regular expressions for imports', async () => {
    const text =
      "// import '../gate/x.ts'\n/* import '../gate/x.ts' */\nexport const a = \"import '../gate/x.ts'\", b = /import '..'/;";
    expect(await faultsIn(boundaries, { 'src/core/leaf.ts': text })).toEqual([]);
  });

  it.each([
    ['src/host/create-host.ts', 'providers/local.ts', 'host may not import providers'],
    ['src/host/create-host.ts', 'src/client/connect.ts', 'host may not import client'],
    ['src/authorization/server.ts', 'src/host/create-host.ts', 'authorization may not import host'],
    ['src/authorization/server.ts', 'src/mcp/endpoint.ts', 'authorization may not import mcp'],
    ['src/gate/decide.ts', 'src/store/store.ts', 'gate may not import store'],
    ['src/host/create-host.ts', 'src/commands/serve.ts', 'host may not import commands'],
    ['src/commands/serve.ts', 'src/main.ts', 'commands may not import main'],
    ['src/index.ts', 'src/commands/serve.ts', 'index may not import commands'],
    ['providers/local.ts', 'src/authorization/server.ts', 'providers may not import authorization'],
    ['src/store/memory.ts', 'src/index.ts', 'store may not import index'],
  ])('refuses %s importing %s', async (from, to, message) => {
    const up = '../'.repeat(from.split('/').length - 1);
    const [fault] = await faultsIn(boundaries, { [from]: `import type { X } from '${up}${to}';`, [to]: '' });
    expect(fault).toContain(message);
  });

  it('lets providers take types of authorization/upstream, but no values', async () => {
    const files = {
      'providers/github.ts': "import { exchange } from '../src/authorization/upstream/exchange.ts';",
      'src/authorization/upstream/exchange.ts': '',
    };
    expect(await faultsIn(boundaries, files)).toEqual([
      'providers/github.ts:1  imports values of src/authorization/upstream/exchange.ts: providers may take only its types (`import type`)',
    ]);
  });

  it('refuses relative imports that leave what is published, or lead nowhere', async () => {
    const files = {
      'src/core/leaf.ts':
        "import manifest from '../../package.json' with { type: 'json' };\nimport '../../test/support/world.ts';",
      'src/core/other.ts': "import './gone.ts';",
      'package.json': '{}',
      'test/support/world.ts': '',
    };
    expect(await faultsIn(boundaries, files)).toEqual([
      'src/core/leaf.ts:1  imports ../../package.json, which leaves src, providers, test/contracts: only what is published may be imported',
      'src/core/leaf.ts:2  imports ../../test/support/world.ts, which leaves src, providers, test/contracts: only what is published may be imported',
      'src/core/other.ts:1  imports ./gone.ts, which does not exist',
    ]);
  });

  it('refuses paths that cannot be checked', async () => {
    const text = "const name = 'x';\nawait import('./' + name);\nimport 'mcp-gatehouse';\nimport '/etc/x.ts';";
    expect(await faultsIn(boundaries, { 'src/core/leaf.ts': text })).toEqual([
      'src/core/leaf.ts:2  computes the path of an import: write each path out (a table of `() => import(...)`), so that it can be checked',
      'src/core/leaf.ts:3  imports mcp-gatehouse: import the file by its relative path',
      'src/core/leaf.ts:4  imports /etc/x.ts: use a relative path',
    ]);
  });

  it('refuses a file that lies in no room', async () => {
    expect((await faultsIn(boundaries, { 'src/utils/a.ts': "import '../core/clock.ts';", ...clock }))[0]).toContain(
      'src/utils/a.ts:1  lies in no room',
    );
  });

  it('refuses cycles, even of types', async () => {
    const files = {
      'src/core/a.ts': "import type { B } from './b.ts';",
      'src/core/b.ts': "import type { C } from './c.ts';",
      'src/core/c.ts': "import type { A } from './a.ts';",
    };
    expect(await faultsIn(boundaries, files)).toEqual([
      'src/core/a.ts  import cycle src/core/a.ts -> src/core/b.ts -> src/core/c.ts -> src/core/a.ts: move what both sides need into a leaf of its own',
    ]);
  });

  it('names only rooms that exist, and lets nobody but main import commands', async () => {
    const names = new Set(rooms.map(({ name }) => name));
    const folderOf = (name: string) => rooms.some(({ places }) => places.some((place) => name.startsWith(`${place}/`)));
    for (const room of rooms) {
      expect(room.mayImport.filter((name) => !names.has(name) && !folderOf(name))).toEqual([]);
      if (room.name !== 'main') expect(room.mayImport).not.toContain('commands');
      expect(room.mayImport).not.toContain('main');
    }
  });
});
