import type { MountParts } from '../mcp/mountable.ts';
import { startAll } from '../mcp/start-all.ts';
import type { Mount } from './mounts.ts';

/** Starts what every mount stands for, each with a log that names it. See `startAll`. */
export const startMounts = (mounts: readonly Mount[], parts: MountParts): Promise<() => Promise<void>> =>
  startAll(
    mounts.map(({ definition, resource }) => ({
      definition,
      parts: { ...parts, log: parts.log.with({ mount: resource.name }) },
    })),
  );
