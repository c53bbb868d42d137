import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors.ts';
import { generateFernetKey } from '../../src/core/fernet.ts';
import { changeKeyFile, readKeyFile } from '../../src/core/key-file.ts';
import { freshFolder } from '../store/stores-under-test.ts';

describe('a file of sealing keys', () => {
  it('is made once by many who come at once, whole and for its owner alone', async () => {
    const folder = join(freshFolder(), 'state');
    const file = join(folder, 'sealing.key');
    const read = await Promise.all(Array.from({ length: 12 }, () => readKeyFile(file)));
    expect(new Set(read.map((keys) => keys.join())).size).toBe(1);
    expect(read[0]?.[0]).toMatch(/^[\w-]{43}=$/);
    expect([statSync(file).mode & 0o077, statSync(folder).mode & 0o077]).toEqual([0, 0]);
    expect(readdirSync(folder), 'no draft stays').toEqual(['sealing.key']);
  });

  it('reads the single line that the first version wrote, and several', async () => {
    const file = join(freshFolder(), 'sealing.key');
    const [one, two] = [generateFernetKey(), generateFernetKey()];
    writeFileSync(file, `${one}\n`);
    expect(await readKeyFile(file)).toEqual([one]);
    writeFileSync(file, `${two}\r\n\n${one}`);
    expect(await readKeyFile(file)).toEqual([two, one]);
  });

  it('is changed in one step, by one at a time', async () => {
    const folder = freshFolder();
    const file = join(folder, 'sealing.key');
    const [first = ''] = await readKeyFile(file);
    const add = () => changeKeyFile(file, (keys) => [generateFernetKey(), ...keys]);
    const attempts = await Promise.allSettled(Array.from({ length: 8 }, add));
    const done = attempts.filter(({ status }) => status === 'fulfilled').length;
    const keys = await readKeyFile(file);
    expect([keys.length, keys.at(-1)]).toEqual([done + 1, first]);
    expect(new Set(keys).size).toBe(keys.length);
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') expect(attempt.reason).toBeInstanceOf(ConfigError);
    }
    expect(readdirSync(folder)).toEqual(['sealing.key']);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('stays as it is when a change fails, and says who may be in the way', async () => {
    const file = join(freshFolder(), 'sealing.key');
    await readKeyFile(file);
    const before = readFileSync(file, 'utf8');
    const failing = changeKeyFile(file, () => {
      throw new TypeError('no');
    });
    await expect(failing).rejects.toThrow(TypeError);
    writeFileSync(`${file}.new`, '');
    await expect(changeKeyFile(file, () => [])).rejects.toThrow(`${file}.new exists`);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});
