import { type FileHandle, link, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from './errors.ts';
import { generateFernetKey } from './fernet.ts';
import { randomToken } from './secrets.ts';

/** The sealing keys of a file, one a line, the first one sealing. Made with one key by whoever comes first. */
export async function readKeyFile(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? makeKeyFile(file) : linesOf(text);
}

/**
 * Changes the keys of a file in one step: a reader finds the old list or the new one. Of two who change it at once one is
 * refused, with a ConfigError.
 */
export async function changeKeyFile(
  file: string,
  change: (keys: readonly string[]) => readonly string[],
): Promise<readonly string[]> {
  await readKeyFile(file);
  const draft = `${file}.new`;
  const handle = await open(draft, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new ConfigError([`${draft} exists: the keys are being changed by somebody else. If not, remove that file`]);
  });
  try {
    // Read again: only from here on are we alone.
    const keys = change(await readKeyFile(file));
    await writeKeys(handle, keys);
    await rename(draft, file);
    return keys;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Complete before it has its name, so that nobody reads half of it; a link, so that the first one stays. */
async function makeKeyFile(file: string): Promise<readonly string[]> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomToken(8)}`;
  await writeKeys(await open(draft, 'wx', 0o600), [generateFernetKey()]);
  try {
    await link(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(draft);
  }
  return linesOf(await readFile(file, 'utf8'));
}

async function writeKeys(handle: FileHandle, keys: readonly string[]): Promise<void> {
  try {
    await handle.writeFile(keys.map((key) => `${key}\n`).join(''));
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const linesOf = (text: string): readonly string[] => text.split(/\s+/).filter((line) => line !== '');
