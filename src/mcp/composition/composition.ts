import { checkMiddleware, type Middleware } from '../middleware/middleware.ts';
import { surfaceWithin } from '../middleware/with-middleware.ts';
import type { Mountable } from '../mountable.ts';
import type { Duplicates } from '../registry.ts';
import { startAll } from '../start-all.ts';
import type { Surface } from '../surface.ts';
import { checkForeign, checkPrefixes } from './apart.ts';
import { type PartFilter, readFilter } from './choice.ts';
import { composedSurface } from './composed-surface.ts';
import { frozenSurface } from './frozen-surface.ts';
import { type JoiningScopes, joinScopes } from './joined-scopes.ts';
import { mapScopes, type ScopeMapping } from './mapped-scopes.ts';
import { mountedSource, type View } from './mounted-source.ts';
import { type Namespace, namespace } from './namespace.ts';
import type { Source } from './source.ts';

/** Which items of a server are taken over, and what its scopes are called from then on. */
export interface MountOptions extends PartFilter {
  /** Those that are not named keep their names. Items, words and hierarchy follow. */
  readonly scopes?: ScopeMapping;
}

/** Where a server goes: below a prefix, or beside the items that are there. */
export type MountArguments =
  | readonly [prefix: string, other: Mountable, options?: MountOptions]
  | readonly [other: Mountable, options?: MountOptions];

/** A server with others on it, and middleware around all. */
export interface Composition extends Mountable {
  /** Throws TypeError once the server has been read, and for a prefix that is not apart from those that are there. */
  mount(...how: MountArguments): void;
  /** The same, of what is there now. */
  include(...how: MountArguments): void;
  /** See `ServerDefinition.use`: what is mounted is within it, too. */
  use(...middleware: readonly Middleware[]): void;
}

/** One server that is mounted. */
interface Part {
  readonly source: Source;
  readonly scopes: JoiningScopes;
  readonly defaultScopes: readonly string[];
}

/** What the server that others are mounted on is by itself. */
export interface OwnParts extends Mountable {
  /** Its own rule for the first challenge, where it has one: then what is mounted adds nothing to it. */
  readonly fixedDefaults: boolean;
  readonly duplicates: Duplicates;
}

/** The server `own`, on which others can be mounted until it is read. Its items come first. */
export function composition(own: OwnParts): Composition {
  const planned: (() => Part)[] = [];
  const others: Mountable[] = [];
  const prefixes: string[] = [];
  const closers: (() => Promise<void>)[] = [];
  const middleware: Middleware[] = [];
  let whole: Mountable | undefined;
  let served = false;
  let reading = false;
  const plan = (other: Mountable, { prefix }: Namespace, part: () => Part): void => {
    if (whole !== undefined) throw new TypeError(`Mount on ${own.name} before it is mounted itself.`);
    const added = prefix === undefined ? [] : [prefix];
    checkPrefixes(own.name, [...prefixes, ...added]);
    prefixes.push(...added);
    planned.push(part);
    others.push(other);
  };
  const read = (): Mountable => {
    if (reading) throw new TypeError(`${own.name} is mounted on itself.`);
    reading = true;
    try {
      whole ??= planned.length === 0 ? own : joined(own, planned);
      return whole;
    } finally {
      reading = false;
    }
  };
  return {
    name: own.name,
    title: own.title,
    mount(...how) {
      const { label, view, other, options } = readArguments(own.name, how);
      plan(other, view.namespace, () => partOf(label, view, other, other.surface(), options));
    },
    include(...how) {
      const { label, view, other, options } = readArguments(own.name, how);
      const surface = other.surface();
      if (isEmpty(surface))
        throw new TypeError(`${label} offers nothing yet that could be included: mount it instead.`);
      const part = partOf(label, view, other, frozenSurface(surface), options);
      plan(other, view.namespace, () => part);
    },
    catalogue: () => read().catalogue(),
    defaultScopes: () => read().defaultScopes(),
    surface() {
      const surface = read().surface();
      served = true;
      return surfaceWithin(surface, middleware);
    },
    use(...added) {
      if (served) throw new TypeError(`Middleware of ${own.name} came too late: use it before the server is mounted.`);
      for (const each of added) checkMiddleware(each, own.name);
      middleware.push(...added);
    },
    async start(parts) {
      closers.push(await startAll(others.map((definition) => ({ definition, parts }))));
    },
    close: async () => closers.pop()?.(),
  };
}

const isEmpty = ({ tools, prompts, resources, templates }: Surface): boolean =>
  tools.size + prompts.size + resources.size + templates.size === 0;

/** Throws TypeError for a prefix or a filter that cannot work. Nothing of the server is read yet. */
function readArguments(server: string, how: MountArguments) {
  const [prefix, other, options = {}] = isPrefixed(how) ? how : [undefined, ...how];
  if (typeof other?.surface !== 'function') {
    throw new TypeError(`${server} can have servers mounted on it, not ${typeof other}: await what makes one.`);
  }
  const label = prefix === undefined ? other.name : `${other.name} (mounted as ${prefix})`;
  const view = { namespace: namespace(prefix), takes: readFilter(options, `${label} on ${server}`) };
  return { label, view, other, options };
}

const isPrefixed = (how: MountArguments): how is Extract<MountArguments, readonly [string, ...unknown[]]> =>
  typeof how[0] === 'string';

function partOf(
  label: string,
  view: Pick<View, 'namespace' | 'takes'>,
  other: Mountable,
  surface: Surface,
  options: MountOptions,
): Part {
  const catalogue = other.catalogue();
  const scopes = mapScopes(catalogue, options.scopes, label);
  return {
    source: mountedSource(surface, { label, ...view, scopes }),
    scopes: { title: other.title ?? other.name, catalogue, outer: scopes.outer },
    defaultScopes: other.defaultScopes().map(scopes.outer),
  };
}

function joined(own: OwnParts, planned: readonly (() => Part)[]): Mountable {
  const { name, title, duplicates } = own;
  const parts = planned.map((part) => part());
  const sources = parts.map(({ source }) => source);
  checkForeign(name, sources);
  const itself = { title: title ?? name, catalogue: own.catalogue(), outer: (scope: string) => scope };
  const catalogue = joinScopes(
    itself,
    parts.map(({ scopes }) => scopes),
  );
  const theirs = own.fixedDefaults ? [] : parts.flatMap(({ defaultScopes }) => defaultScopes);
  const defaults = [...new Set([...own.defaultScopes(), ...theirs])];
  const surface = composedSurface(own.surface(), sources, duplicates);
  return { name, title, catalogue: () => catalogue, defaultScopes: () => defaults, surface: () => surface };
}
