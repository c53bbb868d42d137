import { lstat, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { present, readBounded, withFile } from './read-bounded.ts';

/** Which names below a folder are looked at. */
export interface InsideRules {
  /** Whether a name that begins with a dot is there at all. */
  readonly dotFiles: boolean;
}

/**
 * The parts of a relative path; undefined for one that could lead out of its folder, has an empty part or a name that is
 * not looked at. It has been decoded: nothing in it stands for anything else.
 */
export function partsOf(path: string, { dotFiles }: InsideRules): readonly string[] | undefined {
  const parts = path.split('/');
  const isSound = (part: string) =>
    part !== '' && part !== '.' && part !== '..' && !/[\\:\p{Cc}]/u.test(part) && (dotFiles || !part.startsWith('.'));
  return parts.every(isSound) ? parts : undefined;
}

/**
 * The bytes of a plain file below `root`, reached through no symbolic link. Undefined where there is none, and for one that
 * was put in the place of another while it was opened.
 */
export async function readInside(
  root: string,
  parts: readonly string[],
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  const path = await placeOf(root, parts);
  if (path === undefined) return undefined;
  return withFile(path, { nofollow: true }, async (file) => {
    const [opened, there] = [await file.stat(), await present(lstat(path))];
    const same = opened.ino === there?.ino && opened.dev === there.dev && (await placeOf(root, parts)) === path;
    return same ? readBounded(file, maxBytes) : undefined;
  });
}

/** Where a path below `root` really is; undefined where nothing is there, or a symbolic link leads there. */
async function placeOf(root: string, parts: readonly string[]): Promise<string | undefined> {
  const wanted = join(await realpath(root), ...parts);
  const real = await present(realpath(wanted));
  return real === wanted ? wanted : undefined;
}
