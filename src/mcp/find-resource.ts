import type { Surface, TemplateItem } from './surface.ts';

/** Templates by the only URIs that they can match. */
interface Sorted {
  readonly revision: number;
  /** Those of a fixed depth, by scheme and depth. */
  readonly level: Map<string, TemplateItem[]>;
  /** Those of several depths, by scheme. */
  readonly deep: Map<string, TemplateItem[]>;
}

/**
 * The way from a URI to the one item that serves it: a fixed resource first, then templates in order of definition, those with a
 * `{path*}` last; no template serves another spelling of a fixed one. Only templates of the same scheme, and of the same
 * depth, are tried. They are sorted anew when the items have changed.
 */
export function findResource({
  resources,
  templates,
  revision,
}: Pick<Surface, 'resources' | 'templates' | 'revision'>): Surface['find'] {
  let sorted: Sorted | undefined;
  return (uri) => {
    const fixed = resources.get(uri);
    if (fixed !== undefined) return { item: fixed, target: { uri, values: {} } };
    if (sorted?.revision !== revision()) sorted = sortTemplates(templates, revision());
    const found = firstMatch(sorted.level.get(formOf(uri)), uri) ?? firstMatch(sorted.deep.get(schemeOf(uri)), uri);
    return found !== undefined && resources.has(found.item.template.expand(found.target.values)) ? undefined : found;
  };
}

function firstMatch(items: readonly TemplateItem[] = [], uri: string) {
  for (const item of items) {
    const values = item.template.match(uri);
    if (values !== undefined) return { item, target: { uri, values } };
  }
  return undefined;
}

function sortTemplates(templates: Surface['templates'], revision: number): Sorted {
  const sorted: Sorted = { revision, level: new Map(), deep: new Map() };
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
