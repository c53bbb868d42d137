import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compileConsumer, isOurs } from '../../../scripts/checks/smoke/consumer.ts';
import { tempFolder } from '../temp-folder.ts';

function consumerWith(files: Readonly<Record<string, string>>) {
  const folder = tempFolder({
    'package.json': '{ "type": "module" }',
    'node_modules/@types/node/index.d.ts': 'declare const process: unknown;\n',
    ...files,
  });
  return { folder, packages: 0, bytes: 0 };
}

describe('compileConsumer', () => {
  it('accepts a program whose types are right, whatever foreign declarations say', () => {
    const consumer = consumerWith({
      'server.mts': "import { a } from 'other';\nexport const b: number = a;\n",
      'node_modules/other/index.d.ts': "import './gone.js';\nexport declare const a: number;\n",
      'node_modules/other/package.json': '{ "name": "other", "types": "./index.d.ts" }',
    });
    expect(() => compileConsumer(consumer, ['server.mts'])).not.toThrow();
  });

  it('refuses a program whose types are wrong', () => {
    const consumer = consumerWith({ 'server.mts': 'export const b: number = "b";\n' });
    expect(() => compileConsumer(consumer, ['server.mts'])).toThrow(/server\.mts\(1,14\): error TS2322/);
  });

  it('refuses declarations of ours that need what is not installed', () => {
    const consumer = consumerWith({
      'server.mts': "import 'mcp-gatehouse';\n",
      'gatehouse/index.d.ts': "import type { App } from 'not-installed';\nexport declare const app: App;\n",
      'gatehouse/package.json': '{ "name": "mcp-gatehouse", "types": "./index.d.ts" }',
    });
    symlinkSync(join(consumer.folder, 'gatehouse'), join(consumer.folder, 'node_modules/mcp-gatehouse'));
    expect(() => compileConsumer(consumer, ['server.mts'])).toThrow("Cannot find module 'not-installed'");
  });
});

describe('isOurs', () => {
  it.each([
    ['server.mts(1,1): error TS2322: x', true],
    ['node_modules/mcp-gatehouse/dist/src/index.d.ts(1,1): error TS2307: x', true],
    ['error TS18003: no inputs', true],
    ['node_modules/other/index.d.ts(1,1): error TS2307: in node_modules/mcp-gatehouse/x', false],
    ['../../node_modules/@types/node/index.d.ts(1,1): error TS2307: x', false],
  ])('judges %s', (fault, ours) => {
    expect(isOurs(fault)).toBe(ours);
  });
});
