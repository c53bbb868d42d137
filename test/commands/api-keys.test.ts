import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { apiKeys } from '../../providers/api-keys.ts';
import { local } from '../../providers/local.ts';
import { callTool } from '../support/plain-http.ts';
import { runNode } from '../support/run-node.ts';
import { startWorld } from '../support/world.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const gatehouse = (args: readonly string[], input = '') =>
  runNode(['src/main.ts', ...args], { environment: { GATEHOUSE_DIR: directory }, input });
const create = (...args: string[]) => gatehouse(['api-key', 'create', '--scopes', 'notes:read', ...args]);

describe('gatehouse api-key', () => {
  it('AK-08 shows a key once, and lists and revokes it by its id', async () => {
    const { stdout } = await create(
      '--owner',
      'reports',
      '--mounts',
      '/notes,/',
      '--days',
      '1',
      '--description',
      'nightly',
    );
    const [, id = '', key = ''] = /Key id: +([0-9a-f]{16})\nAPI key: (gatehouse_\w+)/.exec(stdout) ?? [];
    expect(key).toContain(id);
    const asToken = await gatehouse(['revoke', 'token'], `${key}\n`);
    expect([asToken.code, asToken.stderr]).toEqual([2, `That is an API key: gatehouse api-key revoke ${id}\n`]);
    const [listed = '', ...more] = (await gatehouse(['api-key', 'list'])).stdout.split('\n');
    expect(listed.split('\t')).toEqual([
      id,
      'reports',
      'notes:read',
      'http://localhost:3000/notes/mcp http://localhost:3000/mcp',
      expect.stringMatching(/^created \d{4}-\d\d-\d\d$/),
      'never used',
      expect.stringMatching(/^ends \d{4}-\d\d-\d\d$/),
      'nightly',
    ]);
    expect(more).toEqual(['']);
    expect(await readFile(join(directory, 'state.db'), 'latin1')).not.toContain(key.slice(28));
    expect((await gatehouse(['api-key', 'revoke', id])).stdout).toContain(`Revoked ${id}.`);
    expect((await gatehouse(['api-key', 'list'])).stdout).toContain('There are no API keys yet');
    expect(await gatehouse(['api-key', 'revoke', id])).toMatchObject({
      code: 2,
      stderr: `There is no API key ${id}.\n`,
    });
  });

  it('AK-07 binds a key to an account, never beyond what that may grant; AK-03 both end together', async () => {
    await gatehouse(['user', 'add', 'ada', '--scopes', 'notes:read'], 'the engine weaves\n');
    const bound = ['--user', 'ada', '--mounts', 'all'];
    expect(await create(...bound, '--scopes', 'notes:read,notes:write')).toMatchObject({
      code: 2,
      stderr: 'ada may not grant notes:write.\n',
    });
    expect((await create(...bound, '--never-expires')).code).toBe(0);
    expect((await gatehouse(['api-key', 'list'])).stdout).toMatch(
      /\tuser_\S+\tnotes:read\tevery mount\t.*\tnever ends\t/,
    );
    expect((await gatehouse(['revoke', 'user', 'ada'])).code).toBe(0);
    expect((await gatehouse(['api-key', 'list'])).stdout).toContain('There are no API keys yet');
    const [, key = ''] = /API key: (\S+)/.exec((await create(...bound)).stdout) ?? [];
    const world = await startWorld({ directory, settings: { auth: [local(), apiKeys()] } });
    onTestFinished(() => world.close());
    expect((await callTool(`${world.url}/notes/mcp`, key, 'list_notes')).status).toBe(200);
  });

  it.each([
    [['--mounts', 'all'], 'One of --owner and --user is needed.'],
    [['--owner', 'a'], '--mounts is missing.'],
    [['--owner', 'a', '--mounts', 'notes'], 'notes is not the path of a mount'],
    [['--owner', 'a', '--mounts', 'all', '--days', '0'], '--days must be a whole number'],
    [['--user', 'nobody', '--mounts', 'all'], 'There is no account nobody.'],
    [['--owner', 'a', '--mounts', 'all', '--scopes', 'a b'], '"a b" is not a scope name.'],
  ])('says what is wrong with %j', async (args, message) => {
    const { code, stderr } = await create(...args);
    expect([code, stderr.includes(message)]).toEqual([2, true]);
    expect(stderr).not.toContain('    at ');
  });
});
