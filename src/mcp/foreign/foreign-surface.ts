import { type ChangeOutlets, changeOutlets } from '../change-outlets.ts';
import type { ListName } from '../changes.ts';
import { findResource } from '../find-resource.ts';
import { foldedUri } from '../folded-uri.ts';
import type { Policy } from '../policy.ts';
import type { SessionRules } from '../sessions/session-rules.ts';
import type { Surface, TemplateItem } from '../surface.ts';
import type { ForeignFacts } from './connection.ts';
import { asPolicyItem, type ForeignItems } from './foreign-items-of.ts';

/** The surface of somebody else's server, as its lists were last read. */
export interface ForeignSurface {
  readonly surface: Surface;
  /** Takes in what was read; clients are told of the lists that have other entries than before. */
  update(items: ForeignItems, facts: ForeignFacts, changed: readonly ListName[]): void;
}

/** What does not come from the server. */
export interface SurfaceFacts {
  readonly name: string;
  readonly title: string | undefined;
  readonly version: string | undefined;
  readonly instructions: string | undefined;
  readonly list: 'granted' | 'all';
  readonly sessions: SessionRules | undefined;
}

const EVERY_LIST: readonly ListName[] = ['tools', 'prompts', 'resources'];

/** Nothing is known yet: any list may come to have entries. */
export function foreignSurface(own: SurfaceFacts, policy: Policy): ForeignSurface {
  const maps = { tools: new Map(), prompts: new Map(), resources: new Map(), templates: new Map() };
  let listed: ForeignItems['listed'] = new Map();
  let facts: ForeignFacts | undefined;
  let lists = EVERY_LIST;
  let revision = 0;
  const base = findResource({ ...maps, revision: () => revision });
  const find: Surface['find'] = (uri) => {
    const found = base(uri);
    if (found === undefined || !isTemplate(found.item)) return found;
    const { item, target } = found;
    const scopes = policy.scopesOfUri(asPolicyItem(item), uri);
    const others = listed.get(foldedUri(uri)) ?? [];
    if (scopes === undefined || others.includes(undefined)) return undefined;
    return { item: { ...item, scopes: [...new Set([...scopes, ...others.flatMap((each) => each ?? [])])] }, target };
  };
  const changes: ChangeOutlets = changeOutlets(`Server ${own.name}`, EVERY_LIST, find);
  return {
    surface: {
      get info() {
        const { name, title } = own;
        return { name, version: own.version ?? facts?.info?.version ?? '0', ...(title !== undefined && { title }) };
      },
      get instructions() {
        return own.instructions ?? facts?.instructions;
      },
      list: own.list,
      pageSize: undefined,
      cache: undefined,
      sessions: own.sessions,
      ...maps,
      revision: () => revision,
      get listChanged() {
        return lists;
      },
      changes,
      find,
    },
    update(items, now, changed) {
      refill(maps.tools, items.tools);
      refill(maps.prompts, items.prompts);
      refill(maps.resources, items.resources);
      refill(maps.templates, items.templates);
      listed = items.listed;
      facts = now;
      lists = EVERY_LIST.filter((list) => now.capabilities[list] !== undefined);
      revision += 1;
      for (const list of changed) changes.listChanged(list, { to: 'everyone' });
    },
  };
}

const isTemplate = (item: object): item is TemplateItem => 'template' in item;

function refill<T>(map: Map<string, T>, entries: ReadonlyMap<string, T>): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}
