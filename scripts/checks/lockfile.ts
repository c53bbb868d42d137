import { z } from 'zod';
import type { Check, Fault } from './check.ts';
import type { Tree } from './tree.ts';

const file = 'package-lock.json';

const shape = z.object({
  packages: z.record(z.string(), z.object({ resolved: z.string().optional() })),
});

/** The lock file is there and names no download addresses, so that `npm ci` works with any registry. */
export const lockfile: Check = { name: 'lockfile', find: (tree) => ({ faults: findAddresses(tree) }) };

function findAddresses(tree: Tree): readonly Fault[] {
  const text = tree.get(file);
  if (text === undefined) return [{ file, message: 'is missing: run `npm install` and commit it' }];
  const { packages } = shape.parse(JSON.parse(text));
  return Object.entries(packages)
    .filter(([, { resolved }]) => resolved !== undefined)
    .map(([path]) => ({
      file,
      message: `${path} has a download address: run \`npm install --omit-lockfile-registry-resolved\``,
    }));
}
