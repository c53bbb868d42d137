import type { ChangeOutlets } from '../change-outlets.ts';
import type { Change } from '../changes.ts';
import { contextInside } from '../create-context.ts';
import type { ResourceItem, Surface } from '../surface.ts';
import type { Takes } from './choice.ts';
import type { MappedScopes } from './mapped-scopes.ts';
import {
  isTaken,
  mountedPrompt,
  mountedResource,
  mountedTemplate,
  mountedTool,
  type Outside,
} from './mounted-items.ts';
import { mountedUris } from './mounted-uris.ts';
import type { Namespace } from './namespace.ts';
import type { Source } from './source.ts';

/** How one server is mounted. */
export interface View {
  /** What errors call it. */
  readonly label: string;
  readonly namespace: Namespace;
  readonly takes: Takes;
  readonly scopes: MappedScopes;
}

/** The server behind `surface`, live. What an item is outside is made once, when it is first seen. */
export function mountedSource(surface: Surface, { label, namespace, takes, scopes }: View): Source {
  const outside: Outside = {
    namespace,
    uris: mountedUris(namespace, surface.find),
    takes,
    find: surface.find,
    needed: scopes.needed,
    inside: (context) => contextInside(context, scopes.callInside, surface),
  };
  const outer = <T extends Needing>(make: Make<T>) =>
    onceEach<T>((item) => {
      const needed = scopes.needed(item.scopes);
      return needed && make(item, needed, outside);
    });
  const fixed = outer(mountedResource);
  const template = outer(mountedTemplate);
  const tools = renamed(namespace.name, takes, outer(mountedTool));
  const prompts = renamed(namespace.name, takes, outer(mountedPrompt));
  const resources = renamed(namespace.uri, takes, fixed);
  const templates = renamed(namespace.uri, takes, template);
  return {
    label,
    revision: surface.revision,
    listChanged: surface.listChanged,
    ...(surface.foreignBelow && { foreignBelow: surface.foreignBelow.map((below) => namespace.name(below)) }),
    changes: outerChanges(surface.changes, namespace),
    items: () => ({
      tools: tools(surface.tools),
      prompts: prompts(surface.prompts),
      resources: resources(surface.resources),
      templates: templates(surface.templates),
    }),
    find(uri) {
      const inner = namespace.innerUri(uri);
      const found = inner === undefined ? undefined : surface.find(inner);
      if (inner === undefined || found === undefined) return undefined;
      const { item: inside, target } = found;
      if (!isTaken(inside, inner, outside)) return undefined;
      const item = 'template' in inside ? template(inside) : fixed(inside);
      return item && { item, target: { ...target, uri: namespace.uri(target.uri) } };
    },
  };
}

type Needing = Pick<ResourceItem, 'scopes' | 'tags'>;
type Make<T> = (item: T, needed: readonly string[], outside: Outside) => T;

/** The same answer for the same item, as long as there is the item. */
function onceEach<T extends object>(make: (item: T) => T | undefined): (item: T) => T | undefined {
  const known = new WeakMap<T, T>();
  return (item) => {
    const made = known.get(item) ?? make(item);
    if (made !== undefined) known.set(item, made);
    return made;
  };
}

/** Those of one kind that are taken and that anybody could use, by their outer names. */
function renamed<T extends Needing>(name: (inner: string) => string, takes: Takes, outer: (item: T) => T | undefined) {
  return (items: ReadonlyMap<string, T>): ReadonlyMap<string, T> => {
    const seen = new Map<string, T>();
    for (const [inner, item] of items) {
      const made = takes([inner], item.tags) ? outer(item) : undefined;
      if (made !== undefined) seen.set(name(inner), made);
    }
    return seen;
  };
}

/** What is told there, under outer URIs; and what is told here, passed on to there. */
function outerChanges(changes: ChangeOutlets, { uri, innerUri }: Namespace): ChangeOutlets {
  const outer = (change: Change): Change => (change.kind === 'list' ? change : { ...change, uri: uri(change.uri) });
  return {
    watch: (outlet) => changes.watch((change) => outlet(outer(change))),
    resourceUpdated: (outerUri, whom) => changes.resourceUpdated(innerUri(outerUri) ?? outerUri, whom),
    listChanged: changes.listChanged,
  };
}
