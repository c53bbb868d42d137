import type { Resource } from '@modelcontextprotocol/server';
import type { Call, CallContext } from './context.ts';
import { answerOrFail } from './failure.ts';
import { type Listed, type ListedItem, toldOf, withNeeds } from './listed-needs.ts';
import type { Surface } from './surface.ts';

/**
 * The listings of what this caller is shown, in order of definition: what the token allows, or also what the caller
 * could step up to. Items of equal scopes are decided once.
 */
export async function visible<L extends Listed>(
  { list }: Surface,
  call: Call,
  items: ReadonlyMap<string, ListedItem<L>>,
): Promise<L[]> {
  const shows = list === 'all' ? await call.reach() : call.allows;
  const decided = new Map<readonly string[], boolean>();
  const shown: L[] = [];
  for (const item of items.values()) {
    const visibly = decided.get(item.scopes) ?? shows(item.scopes);
    decided.set(item.scopes, visibly);
    if (visibly) shown.push(toldOf(item));
  }
  return shown;
}

/** The fixed resources that are shown, then what templates list for callers who may read them. */
export async function listResources(surface: Surface, call: Call, context: CallContext): Promise<Resource[]> {
  const listed = [...surface.templates].map(async ([template, { scopes, list }]) => {
    if (list === undefined || !call.allows(scopes)) return [];
    const label = `Resource "${template}" of ${surface.info.name}`;
    const entries = await answerOrFail(label, context, () => list(context));
    return entries.map((listing) => withNeeds({ scopes, listing }));
  });
  return [...(await visible(surface, call, surface.resources)), ...(await Promise.all(listed)).flat()];
}
