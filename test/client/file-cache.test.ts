import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { fileCache } from '../../src/client/file-cache.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-cache-'));
afterAll(() => rmSync(folder, { recursive: true }));
const sealedIn = (directory: string) =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.sealed'))
    .map((name) => join(directory, name));

describe('a cache of tokens in files', () => {
  it('keeps records apart, replaces and forgets them', async () => {
    const directory = join(folder, 'a');
    const cache = fileCache(directory);
    await cache.set('one', '1');
    await cache.set('two', '2');
    await cache.set('one', '11');
    expect([await cache.get('one'), await cache.get('two'), await cache.get('three')]).toEqual(['11', '2', undefined]);
    await cache.delete('one');
    expect(await fileCache(directory).get('one')).toBeUndefined();
    expect(await fileCache(directory).get('two')).toBe('2');
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    for (const file of sealedIn(directory)) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('opens nothing under another key, under another name, or that was changed', async () => {
    const directory = join(folder, 'b');
    const keys = [generateFernetKey()];
    const cache = fileCache(directory, { keys });
    await cache.set('one', '1');
    const [first = ''] = sealedIn(directory);
    await cache.set('two', '2');
    const second = sealedIn(directory).find((file) => file !== first) ?? '';
    expect(await fileCache(directory, { keys: [generateFernetKey()] }).get('one')).toBeUndefined();
    expect(await fileCache(directory, { keys: [generateFernetKey(), ...keys] }).get('one')).toBe('1');
    copyFileSync(first, second);
    expect(await cache.get('two')).toBeUndefined();
    writeFileSync(first, 'gAAAAAB');
    expect(await cache.get('one')).toBeUndefined();
  });

  it.each<[string, (directory: string) => void, string]>([
    ['that a group may write in', (directory) => chmodSync(directory, 0o770), 'Others may write in'],
    ['that everybody may write in', (directory) => chmodSync(directory, 0o702), 'Others may write in'],
    [
      'that is a link',
      (directory) => {
        renameSync(directory, `${directory} elsewhere`);
        symlinkSync(`${directory} elsewhere`, directory);
      },
      'is not a folder',
    ],
  ])('refuses a folder %s', async (why, change, refused) => {
    const directory = join(folder, why);
    mkdirSync(directory, { mode: 0o755 });
    await fileCache(directory).set('one', '1');
    expect(await fileCache(directory).get('one')).toBe('1');
    change(directory);
    await expect(fileCache(directory).set('one', '2')).rejects.toThrow(refused);
    await expect(fileCache(directory).get('one')).rejects.toThrow(TypeError);
  });

  it('refuses a folder of another user', async () => {
    const isRoot = process.getuid?.() === 0;
    const directory = isRoot ? join(folder, 'theirs') : '/';
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if (isRoot) chownSync(directory, 65_534, 65_534);
    await expect(fileCache(directory).set('one', '1')).rejects.toThrow('belongs to another user');
  });

  it('refuses a key that is none', async () => {
    await expect(fileCache(join(folder, 'c'), { keys: ['short'] }).set('one', '1')).rejects.toThrow(TypeError);
  });
});
