import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { gatehouse } from '../../src/commands/gatehouse.ts';
import { OVERVIEW, USAGES } from '../../src/commands/usages.ts';
import { runNode } from '../support/run-node.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-line-'));
});
afterAll(() => rm(directory, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

const manifest = async () => JSON.parse(await readFile('package.json', 'utf8'));

describe('what is asked of gatehouse itself', () => {
  /** What is told of a command line that runs nothing. */
  async function told(...words: string[]): Promise<unknown> {
    const log = vi.spyOn(console, 'log').mockImplementation(() => undefined);
    await gatehouse(words);
    expect(log).toHaveBeenCalledOnce();
    return log.mock.lastCall?.[0];
  }

  it.each(Object.entries(USAGES))('tells how %s is written, wherever help is asked for', async (name, usage) => {
    expect(await told(name, '--help')).toBe(usage);
    vi.restoreAllMocks();
    expect(await told(name, 'add', '-h')).toBe(usage);
    vi.restoreAllMocks();
    expect(await told('help', name)).toBe(usage);
  });

  it.each(['--help', '-h', 'help'])('tells its commands for %s', async (word) => {
    expect(await told(word)).toBe(OVERVIEW);
  });

  it.each(['--version', 'version'])('tells its version for %s', async (word) => {
    expect(await told(word)).toBe((await manifest()).version);
  });

  it('names every command among all, and nothing else', () => {
    const named = [...OVERVIEW.matchAll(/^ {2}([a-z-]+)/gm)].map(([, name]) => name);
    expect(named.sort()).toEqual(Object.keys(USAGES).sort());
  });

  it('ends with 0 after help, as a program', async () => {
    expect(await runNode(['src/main.ts', 'serve', '--help'])).toEqual({
      code: 0,
      stdout: `${USAGES.serve}\n`,
      stderr: '',
    });
  });

  it('shows how a command is written below an option that it does not have', async () => {
    const { code, stderr } = await runNode(['src/main.ts', 'user', '--bad']);
    expect(code).toBe(2);
    expect(stderr).toContain("Unknown option '--bad'");
    expect(stderr).toContain(USAGES.user);
  });
});

describe('the Node that gatehouse runs on', () => {
  const on = (version: string) => {
    const preload = `import { registerHooks } from 'node:module';
      Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });
      registerHooks({ resolve: (name, context, next) => {
        if (name === './commands/gatehouse.ts') console.error('loaded');
        return next(name, context);
      } });`;
    const inUrl = `data:text/javascript,${encodeURIComponent(preload)}`;
    return runNode(['--import', inUrl, 'src/main.ts', '--version']);
  };

  it('is refused in a sentence where it is too old, before anything is loaded, and taken from there on', async () => {
    const { engines, version } = await manifest();
    expect(engines.node).toBe('>=22.19');
    const [old, older, first] = await Promise.all([on('22.18.0'), on('20.20.2'), on('22.19.0')]);
    expect([old.code, old.stdout, older.code]).toEqual([1, '', 1]);
    expect(old.stderr).toMatch(/^gatehouse needs Node 22\.19 or newer, and this is 22\.18\.0\. .*\n$/);
    expect(older.stderr).toContain('this is 20.20.2.');
    expect(first).toEqual({ code: 0, stdout: `${version}\n`, stderr: 'loaded\n' });
  });
});

describe('a file that a command is given', () => {
  const given = async (name: string, text: string) => {
    const file = join(directory, name);
    await writeFile(file, text);
    return file;
  };

  it.each(['serve', 'run', 'docs', 'check-provider'])('is not there for %s, and that is said', async (command) => {
    const file = join(directory, 'none.mjs');
    const { code, stderr } = await runNode(['src/main.ts', command, file]);
    expect([code, stderr]).toEqual([2, `${file} cannot be read: there is no file ${file}.\n`]);
  });

  it('is named where Node cannot read what is in it, with what Node says and no frames of its loader', async () => {
    const files = await Promise.all([
      given('syntax.mjs', 'const x = = 3'),
      given('syntax.ts', '\nconst x = = 3'),
      given('import.mjs', 'import "./nowhere.mjs"'),
      given('notes.md', '# Notes'),
    ]);
    const ends = await Promise.all(files.map((file) => runNode(['src/main.ts', 'serve', file])));
    for (const [index, { code, stderr }] of ends.entries()) {
      expect(code).toBe(2);
      expect(stderr).toMatch(new RegExp(`^${files[index]} cannot be loaded\\.\n\n`));
      expect(stderr).not.toContain('    at ');
    }
    const [script, typed, imported, unknown] = ends.map(({ stderr }) => stderr);
    expect(script).toContain(`Unexpected token '='\n\nnode --check ${files[0]} shows the line`);
    expect(typed).toContain(`${files[1]}:2`);
    expect(imported).toContain('nowhere.mjs');
    expect(unknown).toContain('Unknown file extension ".md"');
  });

  it('shows the stack of what its own code throws', async () => {
    const file = await given('throws.mjs', '\nJSON.parse("{")');
    const { code, stderr } = await runNode(['src/main.ts', 'serve', file]);
    expect([code, stderr.includes('cannot be loaded')]).toEqual([1, false]);
    expect(stderr).toContain(`${file}:2:6`);
  });
});
