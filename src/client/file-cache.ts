import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clock, systemClock } from '../core/clock.ts';
import { type FernetKey, open, readFernetKey, seal } from '../core/fernet.ts';
import { readKeyFile } from '../core/key-file.ts';
import { randomToken, sha256 } from '../core/secrets.ts';
import type { TokenCache } from './token-cache.ts';

/** Where the sealing key comes from. */
export interface FileCacheOptions {
  /** The first key seals, all open: as `gatehouse keys new` makes them. Left out: a file `key` beside the records. */
  readonly keys?: readonly string[];
  readonly clock?: Clock;
}

/**
 * A cache in a folder of this person's own (0700): one file (0600) for each record, sealed with Fernet together with its
 * name. A record that does not open is as good as none. Rejects with TypeError for a key that is none, and for a folder that
 * others own or may write in, or that is a link.
 */
export function fileCache(directory: string, { keys, clock = systemClock }: FileCacheOptions = {}): TokenCache {
  let reading: Promise<readonly FernetKey[]> | undefined;
  const ring = () => {
    reading ??= readKeys(directory, keys);
    return reading;
  };
  const fileOf = (key: string) => join(directory, `${sha256(key)}.sealed`);
  return {
    async get(key) {
      const sealed = await readFile(fileOf(key), 'utf8').catch(missing);
      if (sealed === undefined) return undefined;
      await ownFolder(directory);
      const text = open(await ring(), sealed.trim(), { now: clock(), ttl: Infinity });
      const [name, value] = text === undefined ? [] : (JSON.parse(text.toString()) as readonly string[]);
      return name === key ? value : undefined;
    },
    async set(key, value) {
      await ownFolder(directory);
      const [first] = await ring();
      if (first === undefined) throw new TypeError(`There is no sealing key for ${directory}.`);
      const draft = `${fileOf(key)}.${randomToken(8)}`;
      await writeFile(draft, seal(first, JSON.stringify([key, value]), { now: clock() }), { mode: 0o600 });
      await rename(draft, fileOf(key));
    },
    delete: (key) => rm(fileOf(key), { force: true }),
  };
}

/** Makes the folder where there is none. Whoever may write in it could put a key or a link in the place of ours. */
async function ownFolder(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const found = await lstat(resolve(directory));
  if (!found.isDirectory()) throw new TypeError(`${directory} is not a folder: a link is not followed.`);
  const { getuid } = process;
  // Systems without user ids have no such modes either.
  if (getuid === undefined) return;
  if (found.uid !== getuid()) throw new TypeError(`${directory} belongs to another user.`);
  if ((found.mode & 0o022) !== 0) throw new TypeError(`Others may write in ${directory}: chmod go-w it first.`);
}

async function readKeys(directory: string, given: readonly string[] | undefined): Promise<readonly FernetKey[]> {
  const texts = given ?? (await readKeyFile(join(directory, 'key')));
  return texts.map((text) => {
    const key = readFernetKey(text);
    if (key === undefined) throw new TypeError('A sealing key is the base64url text of 32 bytes.');
    return key;
  });
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
