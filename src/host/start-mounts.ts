import type { Mountable, MountParts } from '../mcp/mountable.ts';
import type { Mount } from './mounts.ts';

/**
 * Connects every mount to what stands behind it. The answer lets go of all; rejects with the first fault there, or where one
 * does not start: then those that did are let go of.
 */
export async function startMounts(mounts: readonly Mount[], parts: MountParts): Promise<() => Promise<void>> {
  const started: Mountable[] = [];
  const close = () => settled(started.splice(0).map(async (definition) => definition.close?.()));
  const starting = mounts.map(async ({ definition, resource }) => {
    await definition.start?.({ ...parts, log: parts.log.with({ mount: resource.name }) });
    started.push(definition);
  });
  await settled(starting).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return close;
}

/** Waits for all, then rejects with the first fault. */
async function settled(promises: readonly Promise<void>[]): Promise<void> {
  const outcomes = await Promise.allSettled(promises);
  const fault = outcomes.find((outcome) => outcome.status === 'rejected');
  if (fault !== undefined) throw fault.reason;
}
