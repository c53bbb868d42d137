import type { ListName } from '../changes.ts';
import type { Duplicates } from '../registry.ts';
import type { Surface } from '../surface.ts';
import { checkNames } from './check-names.ts';
import { lookingAt } from './looking-at.ts';
import type { Items, Source } from './source.ts';

/**
 * The surface of `own` and of what is mounted on it. It is made anew when one of them has changed, not for a call. Throws TypeError
 * where two items have the same name, unless `duplicates` says which of them counts; for those that come later it is the earlier one.
 */
export function composedSurface(own: Surface, mounted: readonly Source[], duplicates: Duplicates): Surface {
  const sources: readonly Source[] = [{ ...own, label: own.info.name, items: () => own }, ...mounted];
  checkNames(own.info.name, sources, duplicates);
  const replaces = duplicates === 'replace' || duplicates === 'warn';
  const inTurn = replaces ? [...sources].reverse() : sources;
  const revision = revisionOf(sources);
  let made: { readonly revision: number; readonly items: Items } | undefined;
  const items = (): Items => {
    const now = revision();
    if (made?.revision !== now) made = { revision: now, items: allOf(sources, replaces) };
    return made.items;
  };
  return {
    ...own,
    revision,
    tools: lookingAt(() => items().tools),
    prompts: lookingAt(() => items().prompts),
    resources: lookingAt(() => items().resources),
    templates: lookingAt(() => items().templates),
    listChanged: [...new Set(sources.flatMap(({ listChanged }): readonly ListName[] => listChanged))],
    find(uri) {
      for (const source of inTurn) {
        const found = source.find(uri);
        if (found !== undefined) return found;
      }
      return undefined;
    },
    changes: {
      watch(outlet) {
        const stops = sources.map(({ changes }) => changes.watch(outlet));
        return () => {
          for (const stop of stops) stop();
        };
      },
      resourceUpdated(uri, whom) {
        const { changes } = inTurn.find((source) => source.find(uri) !== undefined) ?? own;
        changes.resourceUpdated(uri, whom);
      },
      listChanged: own.changes.listChanged,
    },
  };
}

/** Another number whenever one of theirs is another one. */
function revisionOf(sources: readonly Source[]): () => number {
  const seen = sources.map(() => -1);
  let count = 0;
  return () => {
    let changed = false;
    for (const [index, source] of sources.entries()) {
      const now = source.revision();
      changed ||= now !== seen[index];
      seen[index] = now;
    }
    if (changed) count += 1;
    return count;
  };
}

function allOf(sources: readonly Source[], replaces: boolean): Items {
  const parts = sources.map((source) => source.items());
  const joined = <T>(pick: (items: Items) => ReadonlyMap<string, T>): ReadonlyMap<string, T> => {
    const all = new Map<string, T>();
    for (const part of parts) for (const [key, item] of pick(part)) if (replaces || !all.has(key)) all.set(key, item);
    return all;
  };
  return {
    tools: joined(({ tools }) => tools),
    prompts: joined(({ prompts }) => prompts),
    resources: joined(({ resources }) => resources),
    templates: joined(({ templates }) => templates),
  };
}
