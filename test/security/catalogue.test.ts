import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const TESTS = join(import.meta.dirname, '..');

/** The rows of each group: how many ids it has, less those that were never given. */
const GROUPS: Readonly<Record<string, { readonly last: number; readonly without?: readonly number[] }>> = {
  BH: { last: 18 },
  JW: { last: 35, without: [30] },
  IN: { last: 10, without: [7] },
  AK: { last: 8 },
  OP: { last: 10, without: [4] },
  MD: { last: 14 },
  RG: { last: 23, without: [9] },
  CI: { last: 25, without: [5, 14, 17] },
  AZ: { last: 25, without: [19] },
  CO: { last: 25, without: [3] },
  TK: { last: 19 },
  RF: { last: 16, without: [12, 14] },
  CC: { last: 19, without: [4] },
  RV: { last: 14, without: [7, 10] },
  MC: { last: 28, without: [6, 9, 11, 13, 20] },
  PP: { last: 5, without: [4] },
  EM: { last: 6 },
  ST: { last: 19, without: [3, 12, 14] },
  XM: { last: 12, without: [3] },
  LG: { last: 7 },
  DS: { last: 13 },
};

const EXPECTED = Object.entries(GROUPS).flatMap(([group, { last, without = [] }]) =>
  Array.from({ length: last }, (_, index) => index + 1)
    .filter((number) => !without.includes(number))
    .map((number) => `${group}-${String(number).padStart(2, '0')}`),
);

interface Row {
  readonly id: string;
  readonly attack: string;
  readonly where: string;
}

const rows: readonly Row[] = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8')
  .split('\n')
  .map((line) => /^\| ([A-Z]{2}-\d{2}) \| (.+) \| (.+) \|$/.exec(line))
  .flatMap((match) => (match === null ? [] : [{ id: match[1] ?? '', attack: match[2] ?? '', where: match[3] ?? '' }]));

/** The files that a row names. */
const filesOf = ({ where }: Row): readonly string[] => [...where.matchAll(/`([^`]+)`/g)].map(([, file]) => file ?? '');

/** The ids in the titles of a test file: the text that a test, a group of tests or a row of cases begins with. */
function idsIn(file: string): ReadonlySet<string> {
  const source = readFileSync(join(TESTS, file), 'utf8');
  const titles = [...source.matchAll(/\(\s*(['"`])((?:(?!\1).)*)\1,\s*(?:async\b|\(|\{)/gs)].map(
    (match) => match[2] ?? '',
  );
  const cases = [...source.matchAll(/\[\s*'([A-Z]{2}-\d{2})',/g)].map((match) => match[1] ?? '');
  return new Set([...titles, ...cases].flatMap((title) => title.match(/\b[A-Z]{2}-\d{2}\b/g) ?? []));
}

describe('the catalogue of attacks', () => {
  it('has every row exactly once', () => {
    expect(rows.map(({ id }) => id).sort()).toEqual([...EXPECTED].sort());
  });

  it('says each attack in at most ten words', () => {
    expect(rows.filter(({ attack }) => attack.split(' ').length > 10)).toEqual([]);
  });

  it('names for each row a test, or the part that will bring one', () => {
    const neither = rows.filter((row) => filesOf(row).length === 0 && !/^not yet: .+ bring(s|ing)?\b/.test(row.where));
    expect(neither).toEqual([]);
  });

  it('names files that are there, and hold a test with the id of the row in its title', () => {
    const files = [...new Set(rows.flatMap(filesOf))];
    expect(files.filter((file) => !existsSync(join(TESTS, file)))).toEqual([]);
    const ids = new Map(files.map((file) => [file, idsIn(file)]));
    const missing = rows.flatMap((row) =>
      filesOf(row)
        .filter((file) => ids.get(file)?.has(row.id) !== true)
        .map((file) => `${row.id} is in no title of ${file}`),
    );
    expect(missing).toEqual([]);
  });
});
