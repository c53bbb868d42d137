import type { Surface, TemplateItem } from './surface.ts';

/**
 * The way from a URI to the one item that serves it: a fixed resource first, then templates in order of definition.
 * Only templates of the same scheme and depth are tried.
 */
export function findResource({ resources, templates }: Pick<Surface, 'resources' | 'templates'>): Surface['find'] {
  const byForm = new Map<string, TemplateItem[]>();
  for (const item of templates.values()) {
    const form = formOf(item.template.text);
    byForm.set(form, [...(byForm.get(form) ?? []), item]);
  }
  return (uri) => {
    const fixed = resources.get(uri);
    if (fixed !== undefined) return { item: fixed, target: { uri, values: {} } };
    for (const item of byForm.get(formOf(uri)) ?? []) {
      const values = item.template.match(uri);
      if (values !== undefined) return { item, target: { uri, values } };
    }
    return undefined;
  };
}

function formOf(uri: string): string {
  let depth = 0;
  for (let slash = uri.indexOf('/'); slash !== -1; slash = uri.indexOf('/', slash + 1)) depth += 1;
  return `${depth} ${uri.slice(0, uri.indexOf(':'))}`;
}
