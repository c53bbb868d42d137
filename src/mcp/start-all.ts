import type { Mountable, MountParts } from './mountable.ts';

/** Something to start, and what with. */
export interface Starting {
  readonly definition: Mountable;
  readonly parts: MountParts;
}

/**
 * Connects each to what stands behind it. The answer lets go of all; rejects with the first fault there, or where one does not
 * start: then those that did are let go of.
 */
export async function startAll(all: readonly Starting[]): Promise<() => Promise<void>> {
  const started: Mountable[] = [];
  const close = () => settled(started.splice(0).map(async (definition) => definition.close?.()));
  const starting = all.map(async ({ definition, parts }) => {
    await definition.start?.(parts);
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
