import { type ChangeOutlets, changeOutlets } from '../change-outlets.ts';
import type { ListName } from '../changes.ts';
import { findResource } from '../find-resource.ts';
import type { SessionRules } from '../sessions/session-rules.ts';
import type { Surface } from '../surface.ts';
import type { ForeignFacts } from './connection.ts';
import type { ForeignItems } from './foreign-items-of.ts';

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
export function foreignSurface(own: SurfaceFacts): ForeignSurface {
  const maps = { tools: new Map(), prompts: new Map(), resources: new Map(), templates: new Map() };
  let needs: ForeignItems['needs'] = () => undefined;
  let facts: ForeignFacts | undefined;
  let lists = EVERY_LIST;
  let revision = 0;
  const find = findResource({ ...maps, revision: () => revision });
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
      foreignBelow: [''],
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
      const deciding = [...items.templates].map(
        ([text, item]) => [text, { ...item, needs: (uri: string) => needs(text, uri) }] as const,
      );
      refill(maps.templates, new Map(deciding));
      needs = items.needs;
      facts = now;
      lists = EVERY_LIST.filter((list) => now.capabilities[list] !== undefined);
      revision += 1;
      for (const list of changed) changes.listChanged(list, { to: 'everyone' });
    },
  };
}

function refill<T>(map: Map<string, T>, entries: ReadonlyMap<string, T>): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}
