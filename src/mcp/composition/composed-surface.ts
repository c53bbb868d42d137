import type { ListName } from '../changes.ts';
import type { Duplicates } from '../registry.ts';
import type { FixedResourceItem, Surface, TemplateItem } from '../surface.ts';
import { plainUri, spelledBy } from '../uri-spelling.ts';
import { checkNames, tellOfLoss } from './check-names.ts';
import { lookingAt } from './looking-at.ts';
import { type ItemName, type Owners, owners } from './owners.ts';
import type { Items, Source } from './source.ts';

/**
 * The surface of `own` and of what is mounted on it. It is made anew when one of them has changed, not for a call. Throws TypeError
 * where two items have the same name, unless `duplicates` says which of them counts. One that comes later takes no name, and no URI,
 * of what is there.
 */
export function composedSurface(own: Surface, mounted: readonly Source[], duplicates: Duplicates): Surface {
  const sources: readonly Source[] = [{ ...own, label: own.info.name, items: () => own }, ...mounted];
  checkNames(own.info.name, sources, duplicates);
  const replaces = duplicates === 'replace' || duplicates === 'warn';
  const inTurn = replaces ? [...sources].reverse() : sources;
  const revision = revisionOf(sources);
  let made: Made | undefined;
  const names = owners(inTurn, tellOfLoss(own.info.name));
  const madeNow = (): Made => {
    const now = revision();
    if (made?.revision !== now) {
      names.update();
      const items = allOf(sources, names);
      made = { revision: now, items, fixedOf: spelledBy(items.resources.keys()) };
    }
    return made;
  };
  const items = (): Items => madeNow().items;
  items();
  const serving = (uri: string) => {
    const { fixedOf } = madeNow();
    const best = earliest(inTurn, names, uri);
    if (best === undefined || !('template' in best.found.item)) return best;
    // What spells a fixed resource, or a prefix, of one server otherwise is not for another server's template.
    const spelled = fixedOf(uri) ?? plainUri(uri);
    return spelled === uri || earliest(inTurn, names, spelled)?.source === best.source ? best : undefined;
  };
  return {
    ...own,
    revision,
    tools: lookingAt(() => items().tools),
    prompts: lookingAt(() => items().prompts),
    resources: lookingAt(() => items().resources),
    templates: lookingAt(() => items().templates),
    listChanged: [...new Set(sources.flatMap(({ listChanged }): readonly ListName[] => listChanged))],
    foreignBelow: sources.flatMap(({ foreignBelow = [] }) => foreignBelow),
    find: (uri) => serving(uri)?.found,
    changes: {
      watch(outlet) {
        const stops = sources.map(({ changes }) => changes.watch(outlet));
        return () => {
          for (const stop of stops) stop();
        };
      },
      resourceUpdated(uri, whom) {
        const { changes } = serving(uri)?.source ?? own;
        changes.resourceUpdated(uri, whom);
      },
      listChanged: own.changes.listChanged,
    },
  };
}

/** What is made of all sources, and the number that it is made at. */
interface Made {
  readonly revision: number;
  readonly items: Items;
  /** The fixed URI that another one spells. */
  readonly fixedOf: (uri: string) => string | undefined;
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

/** Of those who have something behind `uri`, the one who has had it for longest: of several, the first. */
function earliest(inTurn: readonly Source[], names: Owners, uri: string) {
  let best: { readonly source: Source; readonly found: Found; readonly since: number } | undefined;
  for (const source of inTurn) {
    const found = source.find(uri);
    const since = found && names.since(source, nameOf(found.item));
    if (found === undefined || since === undefined || (best !== undefined && best.since <= since)) continue;
    best = { source, found, since };
    if (since === 0) break;
  }
  return best;
}

type Found = NonNullable<ReturnType<Surface['find']>>;

const nameOf = (item: FixedResourceItem | TemplateItem): ItemName =>
  'template' in item ? ['template', item.template.shape] : ['resource', item.listing.uri];

function allOf(sources: readonly Source[], names: Owners): Items {
  const parts = sources.map((source) => ({ source, items: source.items() }));
  const joined = <T>(
    pick: (items: Items) => ReadonlyMap<string, T>,
    itemName: (key: string, item: T) => ItemName,
  ): ReadonlyMap<string, T> => {
    const all = new Map<string, T | undefined>();
    for (const { source, items } of parts) {
      for (const [key, item] of pick(items)) {
        const theirs = names.since(source, itemName(key, item)) !== undefined;
        all.set(key, theirs ? item : all.get(key));
      }
    }
    return new Map([...all].flatMap(([key, item]) => (item === undefined ? [] : [[key, item]])));
  };
  return {
    tools: joined(
      ({ tools }) => tools,
      (name) => ['tool', name],
    ),
    prompts: joined(
      ({ prompts }) => prompts,
      (name) => ['prompt', name],
    ),
    resources: joined(
      ({ resources }) => resources,
      (uri) => ['resource', uri],
    ),
    templates: joined(
      ({ templates }) => templates,
      (_, item) => nameOf(item),
    ),
  };
}
