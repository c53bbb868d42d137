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
    find: findResource({ resources, templates, revision }),
    listChanged: [],
    foreignBelow: [],
    changes: {
      ...surface.changes,
      watch: (outlet) => surface.changes.watch((change) => change.kind === 'resource' && outlet(change)),
    },
  };
}
