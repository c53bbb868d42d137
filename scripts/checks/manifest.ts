import { z } from 'zod';
import type { Tree } from './tree.ts';

const versions = z.record(z.string(), z.string()).default({});

const manifestShape = z.object({
  name: z.string(),
  bin: versions,
  exports: z.record(z.string(), z.record(z.string(), z.string())).default({}),
  dependencies: versions,
  devDependencies: versions,
  peerDependencies: versions,
});

/** What the checks read of package.json. Exports are conditions to files, by subpath. */
export type Manifest = z.infer<typeof manifestShape>;

/** Reads package.json. Throws when it is missing or has another shape. */
export function readManifest(tree: Tree): Manifest {
  return manifestShape.parse(JSON.parse(tree.get('package.json') ?? 'null'));
}
