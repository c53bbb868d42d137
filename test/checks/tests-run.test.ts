import { describe, expect, it } from 'vitest';
import { testsRun } from '../../scripts/checks/tests-run.ts';
import { faultsIn } from './messages.ts';

const advice = 'let the test run, or gate it with requireOrSkip of test/support/required.ts';

describe('tests-run', () => {
  it.each([
    ["it.only('works', run);", 'uses it.only'],
    ["describe.skip('works', run);", 'uses describe.skip'],
    ["test.todo('works');", 'uses test.todo'],
    ["it.skipIf(true)('works', run);", 'uses it.skipIf'],
    ["describe.concurrent.skip('works', run);", 'uses describe.skip'],
    ["it.each([1]).skip('works', run);", 'uses it.skip'],
    ["it.fails('works', run);", 'uses it.fails'],
    ["xit('works', run);", 'uses xit'],
    ["it('works', (context) => context.skip());", 'skips itself'],
  ])('refuses `%s`', async (text, how) => {
    expect(await faultsIn(testsRun, { 'test/a.test.ts': `\n${text}` })).toEqual([
      `test/a.test.ts:2  ${how}: ${advice}`,
    ]);
  });

  it('accepts tests that run, words about skipping, and other things that skip', async () => {
    const text =
      "it('tells .skip and it.only', () => { stream.skip(3); list.only; 'it.todo' });\nit.each([1])('works', run);";
    expect(
      await faultsIn(testsRun, { 'test/a.test.ts': text, 'test/support/required.ts': 'describe.skip(title, body);' }),
    ).toEqual([]);
  });

  it.each(['test/a.spec.ts', 'test/a.test.js', 'test/b/a.test.mts'])(
    'refuses %s, which would not be found',
    async (path) => {
      expect(await faultsIn(testsRun, { [path]: '' })).toEqual([
        `${path}  is not run: tests are found as test/**/*.test.ts`,
      ]);
    },
  );
});
