import { LONGEST_URI } from './long-uris.ts';
import type { ResourceTarget, Surface, TemplateItem } from './surface.ts';
import { spelledBy } from './uri-spelling.ts';

/** Templates by the only URIs that they can match. */
interface Sorted {
  readonly revision: number;
  /** The fixed URI that another one spells. */
  readonly fixed: (uri: string) => string | undefined;
  /** Those of a fixed depth, by scheme and depth. */
  readonly level: Map<string, TemplateItem[]>;
  /** Those of several depths, by scheme. */
  readonly deep: Map<string, TemplateItem[]>;
}

/**
 * The way from a URI to the one item that serves it: a fixed resource first, then templates in order of definition, those with a
 * `{path*}` last. Another spelling of a fixed one or of a template's own text is not for another template to serve. Only
 * templates of the same scheme, and of the same depth, are tried. They are sorted anew when the items have changed. A URI that
 * is too long, or that its template has no place for, is nobody's.
 */
export function findResource({
  resources,
  templates,
  revision,
}: Pick<Surface, 'resources' | 'templates' | 'revision'>): Surface['find'] {
  let sorted: Sorted | undefined;
  const fixedAt = (uri: string | undefined): ReturnType<Surface['find']> => {
    const item = uri === undefined ? undefined : resources.get(uri);
    return item && { item, target: { uri: item.listing.uri, values: {} } };
  };
  return (uri) => {
    if (uri.length > LONGEST_URI) return undefined;
    const plain = fixedAt(uri);
    if (plain !== undefined) return plain;
    if (sorted?.revision !== revision()) sorted = sort({ resources, templates }, revision());
    const found = firstMatch(sorted.level.get(formOf(uri)), uri) ?? firstMatch(sorted.deep.get(schemeOf(uri)), uri);
    return found && (fixedAt(sorted.fixed(uri)) ?? asNeeded(found));
  };
}

interface Found {
  readonly item: TemplateItem;
  readonly target: ResourceTarget;
}

function firstMatch(items: readonly TemplateItem[] = [], uri: string): Found | undefined {
  for (const item of items) {
    const values = item.template.match(uri);
    if (values !== undefined) return { item, target: { uri, values } };
  }
  return undefined;
}

/** With what this URI needs. */
function asNeeded({ item, target }: Found): Found | undefined {
  const scopes = item.needs === undefined ? item.scopes : item.needs(target.uri);
  if (scopes === undefined) return undefined;
  return { item: scopes === item.scopes ? item : { ...item, scopes }, target };
}

function sort({ resources, templates }: Pick<Surface, 'resources' | 'templates'>, revision: number): Sorted {
  const sorted: Sorted = { revision, fixed: spelledBy(resources.keys()), level: new Map(), deep: new Map() };
  for (const item of templates.values()) {
    const { text, deep } = item.template;
    const [map, key] = deep ? [sorted.deep, schemeOf(text)] : [sorted.level, formOf(text)];
    map.set(key, [...(map.get(key) ?? []), item]);
  }
  return sorted;
}

const schemeOf = (uri: string): string => uri.slice(0, uri.indexOf(':'));

/** Slashes are counted up to the query. */
function formOf(uri: string): string {
  const query = uri.indexOf('?');
  const end = query === -1 ? uri.length : query;
  let depth = 0;
  for (let slash = uri.indexOf('/'); slash !== -1 && slash < end; slash = uri.indexOf('/', slash + 1)) depth += 1;
  return `${depth} ${schemeOf(uri)}`;
}
