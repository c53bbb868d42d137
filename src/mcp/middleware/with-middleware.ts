import type { Mountable } from '../mountable.ts';
import type { Surface } from '../surface.ts';
import { checkMiddleware, type Middleware, type Operation } from './middleware.ts';
import { middlewareStack } from './stack.ts';
import { wrappedItems } from './wrapped-items.ts';

/** The same to mount, within middleware: for what has no `use` of its own. Throws TypeError for what is no middleware. */
export function withMiddleware(mountable: Mountable, ...middleware: readonly Middleware[]): Mountable {
  for (const each of middleware) checkMiddleware(each, mountable.name);
  const { name, title } = mountable;
  return {
    name,
    title,
    catalogue: () => mountable.catalogue(),
    defaultScopes: () => mountable.defaultScopes(),
    surface: () => surfaceWithin(mountable.surface(), middleware),
    ...(mountable.start && { start: mountable.start.bind(mountable) }),
    ...(mountable.close && { close: mountable.close.bind(mountable) }),
  };
}

/**
 * The same surface, whose items run within middleware wherever they are run from. What is about no single item does where this very
 * surface is served. Without middleware it is the surface itself.
 */
export function surfaceWithin(surface: Surface, middleware: readonly Middleware[]): Surface {
  if (middleware.length === 0) return surface;
  const server = serverOf(surface);
  const wrapped = wrappedItems(middlewareStack(middleware, server));
  const tool = onceEach(wrapped.tool);
  const prompt = onceEach(wrapped.prompt);
  const resource = onceEach(wrapped.resource);
  const template = onceEach(wrapped.template);
  return {
    ...surface,
    get info() {
      return surface.info;
    },
    get instructions() {
      return surface.instructions;
    },
    get listChanged() {
      return surface.listChanged;
    },
    tools: seenAs(surface.tools, tool),
    prompts: seenAs(surface.prompts, prompt),
    resources: seenAs(surface.resources, resource),
    templates: seenAs(surface.templates, template),
    find(uri) {
      const found = surface.find(uri);
      if (found === undefined) return undefined;
      const { item, target } = found;
      return { item: 'template' in item ? template(item) : resource(item), target };
    },
    middleware: middlewareStack([...middleware, ...(surface.middleware?.all ?? [])], server),
  };
}

/** Live: what another server says of itself is known once it has answered. */
const serverOf = (surface: Surface): Operation['server'] =>
  Object.freeze({
    get name() {
      return surface.info.name;
    },
    get version() {
      return surface.info.version;
    },
  });

/** The same answer for the same item, as long as there is the item. */
function onceEach<T extends object>(make: (item: T) => T): (item: T) => T {
  const made = new WeakMap<T, T>();
  return (item) => {
    const known = made.get(item) ?? make(item);
    made.set(item, known);
    return known;
  };
}

/** A live map, whose items are seen in another way. */
function seenAs<T>(items: ReadonlyMap<string, T>, as: (item: T) => T): ReadonlyMap<string, T> {
  function* entries(): Generator<[string, T], undefined> {
    for (const [key, item] of items) yield [key, as(item)];
  }
  function* values(): Generator<T, undefined> {
    for (const item of items.values()) yield as(item);
  }
  const view: ReadonlyMap<string, T> = {
    get size() {
      return items.size;
    },
    has: (key) => items.has(key),
    get(key) {
      const item = items.get(key);
      return item && as(item);
    },
    keys: () => items.keys(),
    values,
    entries,
    [Symbol.iterator]: entries,
    forEach(look) {
      for (const [key, item] of entries()) look(item, key, view);
    },
  };
  return view;
}
