import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { printFault } from '../../scripts/checks/check.ts';
import { lint, types } from '../../scripts/checks/tools.ts';
import { treeOf } from '../../scripts/checks/tree.ts';
import { tempFolder } from './temp-folder.ts';

const config = readFileSync('biome.json', 'utf8').replace('"./node_modules', `"${process.cwd()}/node_modules`);
const statements = (count: number): string => "  console.log('x');\n".repeat(count);
const longFunction = (count: number): string => `export function tell(): void {\n${statements(count)}}\n`;

async function faultsOf(check: typeof lint, files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { faults } = await check.find(treeOf({}), tempFolder(files));
  return faults.map(printFault);
}

describe('types', () => {
  const tsconfig = JSON.stringify({
    compilerOptions: { strict: true, noEmit: true, types: [], lib: ['es2024'] },
    include: ['src'],
  });

  it('accepts what compiles', async () => {
    expect(await faultsOf(types, { 'tsconfig.json': tsconfig, 'src/a.ts': 'export const a: number = 1;\n' })).toEqual(
      [],
    );
  });

  it('refuses what does not', async () => {
    expect(
      await faultsOf(types, { 'tsconfig.json': tsconfig, 'src/a.ts': '\nexport const a: number = "1";\n' }),
    ).toEqual(["src/a.ts:2  error TS2322: Type 'string' is not assignable to type 'number'."]);
  });

  it('refuses a tree that it cannot read', async () => {
    expect((await faultsOf(types, { 'src/a.ts': '' }))[0]).toContain('tsc -p . --pretty false  ended with 1:');
  });
});

describe('lint', () => {
  const first = async (files: Readonly<Record<string, string>>) =>
    (await faultsOf(lint, { 'biome.json': config, ...files }))[0];

  it('accepts what follows the rules, up to 60 lines in a function, and long functions in tests', async () => {
    const files = { 'src/a.ts': longFunction(60), 'test/a.test.ts': longFunction(70) };
    expect(await faultsOf(lint, { 'biome.json': config, ...files })).toEqual([]);
  });

  it.each([
    ['a function of 61 lines', 'src/a.ts', longFunction(61), 'lint/complexity/noExcessiveLinesPerFunction'],
    ['any', 'src/a.ts', 'export const a: any = 1;\n', 'lint/suspicious/noExplicitAny'],
    [
      'a non-null assertion',
      'src/a.ts',
      'export const a = process.argv[0]!.length;\n',
      'lint/style/noNonNullAssertion',
    ],
    [
      'a swallowed error',
      'src/a.ts',
      'try {\n  process.exit();\n} catch {}\n',
      'lint/suspicious/noEmptyBlockStatements',
    ],
    ['a thrown string', 'src/a.ts', "throw 'x';\n", 'lint/style/useThrowOnlyError'],
    ['an unused name', 'src/a.ts', 'const a = 1;\n', 'lint/correctness/noUnusedVariables'],
    [
      'a file name that is not kebab-case',
      'src/openDoor.ts',
      'export const a = 1;\n',
      'lint/style/useFilenamingConvention',
    ],
    ['another format', 'src/a.ts', 'export const a = "1"\n', 'format: '],
  ])('refuses %s', async (_what, path, text, rule) => {
    expect(await first({ [path]: text })).toMatch(new RegExp(`^${path}(:\\d+)? {2}${rule}`));
  });
});
