import { describe, expect, it } from 'vitest';
import { documented } from '../../scripts/checks/documented.ts';
import { faultsIn } from './messages.ts';

const message = (name: string): string =>
  `exports ${name} without a doc comment: say in one to four lines what it promises`;

describe('documented', () => {
  it.each([
    ['export function open(): void {}', 'open'],
    ['export async function open(): Promise<void> {}', 'open'],
    ['export const open = 1;', 'open'],
    ['export class Open {}', 'Open'],
    ['export interface Open {}', 'Open'],
    ['export type Open = 1;', 'Open'],
    ['const open = 1;export { open };', 'open'],
    ['const open = 1;export { open as shut };', 'open'],
    ['// says nothing to a reader of the types\nexport const open = 1;', 'open'],
  ])('refuses `%s`', async (text, name) => {
    expect((await faultsIn(documented, { 'src/core/leaf.ts': text }))[0]).toContain(message(name));
  });

  it('tells the line', async () => {
    expect(
      await faultsIn(documented, { 'src/core/leaf.ts': '/** Told. */\nexport const a = 1;\n\nexport const b = 2;' }),
    ).toEqual([`src/core/leaf.ts:4  ${message('b')}`]);
  });

  it('accepts told exports, untold inner names, and one comment for the shapes of a function', async () => {
    const text = [
      '/** Opens. */',
      'export function open(a: string): void;',
      'export function open(a: number): void;',
      'export function open(): void {}',
      'function inner(): void {}',
      "export { z } from 'zod';",
    ];
    expect(
      await faultsIn(documented, { 'src/core/leaf.ts': text.join('\n'), 'scripts/a.ts': 'export const a = 1;' }),
    ).toEqual([]);
  });

  it('refuses public names that are not listed by hand', async () => {
    expect(await faultsIn(documented, { 'src/index.ts': "\nexport * from './core/leaf.ts';" })).toEqual([
      'src/index.ts:2  exports everything of a file: list the public names by hand',
    ]);
  });
});
