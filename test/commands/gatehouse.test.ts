import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runNode } from '../support/run-node.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const gatehouse = (args: readonly string[], input = '', more: Record<string, string> = {}) =>
  runNode(['src/main.ts', ...args], { environment: { GATEHOUSE_DIR: directory, ...more }, input });

describe('gatehouse user', () => {
  it('adds, lists and removes accounts', async () => {
    const added = await gatehouse(['user', 'add', 'ada', '--scopes', 'notes:read,notes:write'], 'the engine weaves\n');
    expect(added).toMatchObject({ code: 0, stdout: 'Added ada. May grant: notes:read notes:write.\n' });
    expect((await gatehouse(['user', 'list'])).stdout).toBe('ada\t\tnotes:read notes:write\n');
    expect((await gatehouse(['user', 'remove', 'ada'])).code).toBe(0);
    expect((await gatehouse(['user', 'list'])).stdout).toBe('There are no accounts yet: gatehouse user add <name>\n');
  });

  it('refuses a password that is too short, with a sentence and no stack', async () => {
    const { code, stderr } = await gatehouse(['user', 'add', 'ada'], 'short\n');
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/password/i);
    expect(stderr).not.toContain('    at ');
  });

  it('says how it is written when a word is missing', async () => {
    const { code, stderr } = await gatehouse(['user', 'add']);
    expect(code).toBe(2);
    expect(stderr).toContain('The name of the account is missing.');
  });

  it('refuses to remove an account that is not there', async () => {
    const { code, stderr } = await gatehouse(['user', 'remove', 'nobody']);
    expect([code, stderr]).toEqual([2, 'There is no account nobody.\n']);
  });
});

describe('gatehouse machine', () => {
  it('makes a secret and shows it once', async () => {
    const { stdout } = await gatehouse(['machine', 'add', 'nightly job', '--scopes', 'notes:read']);
    const [, id, secret] = /Client id: +(machine_\S+)\nClient secret: (\S+)/.exec(stdout) ?? [];
    expect(secret).toMatch(/^[\w-]{43}$/);
    const listed = (await gatehouse(['machine', 'list'])).stdout;
    expect(listed).toBe(`${id}\tnightly job\tnotes:read\n`);
    expect((await gatehouse(['machine', 'remove', String(id)])).code).toBe(0);
    const none = await gatehouse(['machine', 'add', 'nightly job']);
    expect([none.code, none.stderr.split('\n')[0]]).toEqual([2, '--scopes is missing.']);
  });

  it('makes one that acts for people of a company alone', async () => {
    const { stdout } = await gatehouse(['machine', 'add', 'assistant', '--scopes', 'notes:read', '--enterprise']);
    const [, id] = /Client id: +(machine_\S+)/.exec(stdout) ?? [];
    expect((await gatehouse(['machine', 'list'])).stdout).toBe(`${id}\tassistant\tnotes:read\tenterprise\n`);
    expect((await gatehouse(['machine', 'remove', String(id)])).code).toBe(0);
  });

  it('takes a public key in place of a secret, and refuses a file that holds none', async () => {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const file = join(directory, 'key.pem');
    await writeFile(file, publicKey.export({ type: 'spki', format: 'pem' }));
    const { stdout } = await gatehouse(['machine', 'add', 'deploys', '--scopes', '', '--public-key', file]);
    expect(stdout).not.toContain('secret');
    await writeFile(file, 'not a key');
    const refused = await gatehouse(['machine', 'add', 'deploys', '--scopes', '', '--public-key', file]);
    expect([refused.code, refused.stderr]).toEqual([2, `${file} holds no public key that can be read (PEM).\n`]);
  });
});

describe('gatehouse', () => {
  it('tells of a word that is no command, or one too many, and repeats nothing that could be a secret', async () => {
    const words = [
      ['frobnicate'],
      ['user', 'rmove'],
      ['revoke', 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln'],
      ['user', 'add', 'eve', 'hunter2x'],
    ];
    const [unknown, action, token, more] = await Promise.all(words.map((each) => gatehouse(each)));
    for (const each of [unknown, action, token, more]) expect(each).toMatchObject({ code: 2, stdout: '' });
    expect(unknown?.stderr).toMatch(/^There is no command gatehouse frobnicate\.\n\ngatehouse <command>/);
    expect(action?.stderr).toMatch(/^There is no command gatehouse user rmove\.\n\ngatehouse user add <name>/);
    expect(token?.stderr).toMatch(/^There is no such command of gatehouse revoke\.\n/);
    expect(more?.stderr).toMatch(/^There is a word too many;/);
    expect(`${token?.stderr}${more?.stderr}`).not.toMatch(/eyJ|hunter/);
  });

  it('ST-06 refuses a store that its keys do not open, and changes nothing', async () => {
    const fresh = async () => (await gatehouse(['keys', 'new'])).stdout.trim();
    const [first, second] = [await fresh(), await fresh()];
    expect((await gatehouse(['user', 'add', 'ada'], 'the engine weaves\n', { GATEHOUSE_KEYS: first })).code).toBe(0);
    const before = await readFile(join(directory, 'state.db'));
    const refused = await gatehouse(['user', 'list'], '', { GATEHOUSE_KEYS: second });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('GATEHOUSE_KEYS');
    expect(await readFile(join(directory, 'state.db'))).toEqual(before);
    expect((await gatehouse(['user', 'list'], '', { GATEHOUSE_KEYS: `${second},${first}` })).stdout).toContain('ada');
  });

  it('keeps what it makes readable to its owner alone', async () => {
    await gatehouse(['user', 'list']);
    for (const file of ['sealing.key', 'state.db']) {
      expect((await stat(join(directory, file))).mode & 0o077).toBe(0);
    }
  });

  it('reports every fault of the environment at once, and ends with 2', async () => {
    const { code, stderr } = await gatehouse(['user', 'list'], '', { PORT: 'x', CONSENT: 'never' });
    expect(code).toBe(2);
    expect(stderr).toContain('PORT must be');
    expect(stderr).toContain('CONSENT must be');
  });

  it('shows its commands when it is asked for another', async () => {
    for (const args of [[], ['nonsense'], ['__proto__'], ['user', '--bad']]) {
      expect((await gatehouse(args)).code).toBe(2);
    }
  });
});
