import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBounded, withFile } from '../../src/mcp/resources/read-bounded.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-bounded-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Reads a file to which something is added after its size was asked for. */
async function readGrowing(before: string, added: string, maxBytes: number): Promise<string> {
  const path = join(folder, 'growing.log');
  await writeFile(path, before);
  const bytes = await withFile(path, { nofollow: true }, (file) => {
    const stat = async () => {
      const status = await file.stat();
      await appendFile(path, added);
      return status;
    };
    return readBounded({ stat: stat as typeof file.stat, read: file.read.bind(file) }, maxBytes);
  });
  return Buffer.from(bytes ?? []).toString();
}

describe('a file that grows while it is read', () => {
  it.each([
    ['', 'first'],
    ['first', ', second'],
    ['first', 'x'.repeat(995)],
  ])('is given as it has become, as long as that is not too much (%#)', async (before, added) => {
    expect(await readGrowing(before, added, 1000)).toBe(before + added);
  });

  it('is refused with the limit where it has become too much', async () => {
    await expect(readGrowing('first', 'x'.repeat(996), 1000)).rejects.toThrow('The file has more than 1000 bytes.');
  });
});
