import { spawnSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decideGate } from '../support/required.ts';
import { tempFolder } from './temp-folder.ts';

const support = join(import.meta.dirname, '../support');

/** Runs a small suite with one test that needs `a lathe` and gives what Vitest printed. */
function runSuite(
  present: boolean,
  environment: Readonly<Record<string, string>>,
): { status: number | null; output: string } {
  const folder = tempFolder({
    'vitest.config.ts': `export default { test: { reporters: ['default', '${support}/skipped-reporter.ts'] } };`,
    'lathe.test.ts': [
      "import { expect, it } from 'vitest';",
      `import { requireOrSkip } from '${support}/required.ts';`,
      `const withLathe = requireOrSkip('A lathe', ${present}, 'apt-get install lathe');`,
      "withLathe('turning', () => { it('turns', () => { expect(1).toBe(1); }); });",
      "it('always runs', () => {});",
    ].join('\n'),
  });
  symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, NO_COLOR: '1', ...environment };
  const { status, stdout, stderr } = spawnSync('node_modules/.bin/vitest', ['run'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

describe('requireOrSkip', () => {
  it('decides by what is there and what the environment demands', () => {
    expect(decideGate(true, {})).toBe('run');
    expect(decideGate(true, { CI: 'true' })).toBe('run');
    expect(decideGate(false, {})).toBe('skip');
    expect(decideGate(false, { CI: 'true' })).toBe('fail');
    expect(decideGate(false, { GATEHOUSE_TEST_REQUIRE: 'all' })).toBe('fail');
  });

  it('runs the tests where the program is there, and the end of the run is silent', () => {
    const { status, output } = runSuite(true, { GATEHOUSE_TEST_REQUIRE: 'all' });
    expect(output).toContain('2 passed');
    expect(output).not.toContain('Skipped:');
    expect(status).toBe(0);
  });

  it('skips them where it is missing, and the end of the run tells how to get it', () => {
    const { status, output } = runSuite(false, {});
    expect(output).toContain('Skipped:\n  1 test: A lathe is missing: apt-get install lathe');
    expect(output).toContain('1 passed | 1 skipped');
    expect(status).toBe(0);
  });

  it('fails where it is missing and nothing may be skipped', () => {
    const { status, output } = runSuite(false, { GATEHOUSE_TEST_REQUIRE: 'all' });
    expect(output).toContain('A lathe is missing: apt-get install lathe. Nothing may be skipped in this run');
    expect(output).toContain('1 failed | 1 passed');
    expect(status).toBe(1);
  });
});
