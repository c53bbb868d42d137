import type { Surface, TemplateItem } from './surface.ts';

/**
 * The way from a URI to the one item that serves it: a fixed resource first, then templates in order of definition.
 * Only templates of the same scheme and depth are tried. They are sorted anew when the items have changed.
 */
export function findResource({
  resources,
  templates,
  revision,
}: Pick<Surface, 'resources' | 'templates' | 'revision'>): Surface['find'] {
  let sorted = { revision: -1, byForm: new Map<string, TemplateItem[]>() };
  return (uri) => {
    const fixed = resources.get(uri);
    if (fixed !== undefined) return { item: fixed, target: { uri, values: {} } };
    const now = revision();
    if (sorted.revision !== now) sorted = { revision: now, byForm: sortByForm(templates) };
    for (const item of sorted.byForm.get(formOf(uri)) ?? []) {
      const values = item.template.match(uri);
      if (values !== undefined) return { item, target: { uri, values } };
    }
    return undefined;
  };
}

function sortByForm(templates: Surface['templates']): Map<string, TemplateItem[]> {
  const byForm = new Map<string, TemplateItem[]>();
  for (const item of templates.values()) {
    const form = formOf(item.template.text);
    byForm.set(form, [...(byForm.get(form) ?? []), item]);
  }
  return byForm;
}

function formOf(uri: string): string {
  let depth = 0;
  for (let slash = uri.indexOf('/'); slash !== -1; slash = uri.indexOf('/', slash + 1)) depth += 1;
  return `${depth} ${uri.slice(0, uri.indexOf(':'))}`;
}
