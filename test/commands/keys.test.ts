import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { silentLog } from '../../src/core/log.ts';
import { keyRing } from '../../src/store/key-ring.ts';
import { sealedStore } from '../../src/store/sealed.ts';
import { sqliteStore } from '../../src/store/sqlite.ts';
import { runNode } from '../support/run-node.ts';
import { runKeys } from './keys-here.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const keys = (args: readonly string[], more: Record<string, string> = {}) => runKeys(directory, args, more);

/** The lines of `keys list`, in words. */
const listed = async (more: Record<string, string> = {}): Promise<readonly (readonly string[])[]> => {
  const { code, stdout, stderr } = await keys(['list'], more);
  expect([code, stderr]).toEqual([0, '']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.split('\t'));
};

const idOf = (key: string): string => keyRing([key]).sealingId;

/** Writes records with a ring, as a server would. */
async function fill(ring: readonly string[], count: number): Promise<void> {
  const store = await sealedStore(sqliteStore({ file: join(directory, 'state.db') }), keyRing(ring), {
    log: silentLog,
  });
  for (let index = 0; index < count; index += 1) await store.put(`grant:${index}`, `value ${index}`, 3600);
  await store.close();
}

describe('gatehouse keys, kept in the development file', () => {
  it('rotates the sealing key from its first step to its last', async () => {
    const file = join(directory, 'sealing.key');
    const [[, old = ''] = []] = await listed();
    const rotated = await keys(['rotate']);
    expect([rotated.code, rotated.stdout]).toEqual([0, expect.stringContaining('Restart every program')]);
    const lines = (await readFile(file, 'utf8')).trim().split('\n');
    expect([lines.length, idOf(lines[1] ?? ''), (await stat(file)).mode & 0o077]).toEqual([2, old, 0]);
    for (const line of lines) expect(rotated.stdout).not.toContain(line);
    const fresh = idOf(lines[0] ?? '');
    const refused = await keys(['retire', old]);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`2 records are sealed with ${old}`)]);
    const resealed = await keys(['reseal']);
    expect([resealed.code, resealed.stdout]).toEqual([0, `2 records sealed anew with ${fresh}, 0 were already.\n`]);
    expect(resealed.stderr).toBe('2 sealed anew, 0 were already, 0 changed meanwhile, 0 unreadable\n');
    expect((await keys(['retire', fresh])).stderr).toContain(`${fresh} is the key that seals`);
    expect((await keys(['retire', old])).stdout).toContain(`Retired ${old}, and took it out of`);
    expect((await readFile(file, 'utf8')).trim()).toBe(lines[0]);
    expect((await listed()).slice(0, 1)).toEqual([['sealing', fresh, 'seals', '3 records']]);
  });

  const kinds = [
    { kind: 'signing', lead: 600, name: 'signing' },
    { kind: 'cookies', lead: 60, name: 'cookie' },
  ] as const;

  it.each(kinds)('rotates and retires the $name key', async ({ kind, lead, name }) => {
    const ours = async () => (await listed()).filter(([listedKind]) => listedKind === kind);
    const first = (await ours()).at(-1)?.[1] ?? '';
    expect((await keys(['rotate', `--${kind}`])).stdout).toContain(`signs in ${lead} seconds`);
    expect(await keys(['rotate', `--${kind}`])).toMatchObject({ code: 2, stderr: expect.stringContaining('already') });
    const [signs, next] = await ours();
    expect([signs?.[1], signs?.[2]?.slice(0, 22), next?.[2]?.slice(0, 21)]).toEqual([
      first,
      'signs, published until',
      'published, signs from',
    ]);
    expect((await keys(['retire', `--${kind}`, first])).code).toBe(0);
    expect(await ours()).toEqual([[kind, next?.[1], 'signs']]);
    const unknown = await keys(['retire', `--${kind}`, first]);
    expect([unknown.code, unknown.stderr]).toEqual([2, `There is no ${name} key ${first}: gatehouse keys list\n`]);
  });

  it('says how it is written when it cannot be meant', async () => {
    for (const args of [
      ['retire'],
      ['reseal', '--bad'],
      ['retire', 'a', '--signing', '--force'],
      ['rotate', '--signing', '--cookies'],
    ]) {
      const { code, stderr } = await keys(args);
      expect([code, stderr]).toEqual([2, expect.stringContaining('gatehouse keys list')]);
    }
  });
});

describe('gatehouse keys, kept in the environment', () => {
  const [old, fresh] = [generateFernetKey(), generateFernetKey()];

  it('shows a new key once, alone on standard output, and the order of the steps', async () => {
    const { code, stdout, stderr } = await keys(['rotate'], { GATEHOUSE_KEYS: old });
    const made = stdout.trim();
    expect([code, made]).toEqual([0, expect.stringMatching(/^[\w-]{43}=$/)]);
    const [was, is] = [idOf(old), idOf(made)];
    const steps = [`= ${was}, ${is}\n`, `= ${is}, ${was}\n`, 'keys reseal', `keys retire ${was}`, `= ${is}\n`];
    const places = steps.map((step) => stderr.indexOf(step));
    expect(places.every((place, index) => place > (places[index - 1] ?? 0))).toBe(true);
    for (const key of [old, made]) expect(stderr).not.toContain(key);
  });

  it('counts, seals anew and retires what its keys open; --force leaves the rest absent', async () => {
    await fill([old], 5);
    const both = { GATEHOUSE_KEYS: `${fresh},${old}` };
    expect((await listed(both)).slice(0, 2)).toEqual([
      ['sealing', idOf(fresh), 'seals', '0 records'],
      ['sealing', idOf(old), 'opens', '5 records'],
    ]);
    expect((await keys(['retire', 'AAAAAAAA'], both)).stderr).toContain('This store knows no key AAAAAAAA');
    const forced = await keys(['retire', idOf(old), '--force'], both);
    expect(forced.stdout).toBe(
      `Retired ${idOf(old)}. Take it out of GATEHOUSE_KEYS on every node, and restart them.\n`,
    );
    expect(await keys(['list'], { GATEHOUSE_KEYS: old })).toMatchObject({ code: 2 });
    const alone = { GATEHOUSE_KEYS: fresh };
    expect((await listed(alone)).slice(0, 2)).toContainEqual([
      'sealing',
      idOf(old),
      'is not among the keys here',
      '5 records',
    ]);
    const store = await sealedStore(sqliteStore({ file: join(directory, 'state.db') }), keyRing([fresh]), {
      log: silentLog,
    });
    expect(await store.get('grant:0')).toBeUndefined();
    await store.close();
  });

  it('ends sealing anew at an interrupt, and goes on when it is called again', async () => {
    await fill([old], 450);
    const GATEHOUSE_KEYS = `${fresh},${old}`;
    const child = spawn(process.execPath, ['--conditions=gatehouse-source', 'src/main.ts', 'keys', 'reseal'], {
      env: { PATH: process.env.PATH, GATEHOUSE_DIR: directory, GATEHOUSE_KEYS },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text) => {
      if (stderr === '') child.kill('SIGINT');
      stderr += text;
    });
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect([code, stderr]).toEqual([2, expect.stringContaining('Call it again to go on.')]);
    const environment = { GATEHOUSE_DIR: directory, GATEHOUSE_KEYS };
    const again = await runNode(['src/main.ts', 'keys', 'reseal'], { environment });
    const [, anew, before] = /^(\d+) records sealed anew with \S+, (\d+) were already/.exec(again.stdout) ?? [];
    expect([Number(anew) + Number(before), Number(before) > 0, Number(anew) > 0]).toEqual([450, true, true]);
  });
});
