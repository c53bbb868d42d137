import { findResource } from '../find-resource.ts';
import type { Surface } from '../surface.ts';

/** A copy of what `surface` holds at this moment. What becomes of its items later is not seen here, but that resources change is. */
export function frozenSurface(surface: Surface): Surface {
  const revision = () => 0;
  const resources = new Map(surface.resources);
  const templates = new Map(surface.templates);
  return {
    ...surface,
    tools: new Map(surface.tools),
    prompts: new Map(surface.prompts),
    resources,
    templates,
    revision,
    find: withUriRules(findResource({ resources, templates, revision }), surface.find),
    listChanged: [],
    changes: {
      ...surface.changes,
      watch: (outlet) => surface.changes.watch((change) => change.kind === 'resource' && outlet(change)),
    },
  };
}

/** Where rules name single URIs, what they say counts for the copy, too: of a URI that is not served there, nor is it here. */
const withUriRules =
  (find: Surface['find'], live: Surface['find']): Surface['find'] =>
  (uri) => {
    const found = find(uri);
    if (found === undefined || !('template' in found.item) || found.item.uriRules === undefined) return found;
    const { item, target } = found;
    const now = live(uri)?.item.scopes;
    return now && { item: { ...item, scopes: [...new Set([...item.scopes, ...now])] }, target };
  };
