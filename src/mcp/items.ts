import { cacheHint } from './cache-hints.ts';
import type { ChangeOutlets } from './change-outlets.ts';
import type { Registry } from './registry.ts';
import { type Behind, createFixedResource, createTemplateResource, type ResourceOptions } from './resource-item.ts';
import { implementationOf, type ServerFacts } from './server-facts.ts';
import { sessionRules } from './sessions/session-rules.ts';
import type { Surface } from './surface.ts';

/** Everything a server offers, under its name. */
export function surfaceOf(
  facts: ServerFacts,
  live: Registry['live'],
  find: Surface['find'],
  changes: ChangeOutlets,
): Surface {
  const { name, instructions, list = 'granted', listChanged = [], sessions, pageSize, cache } = facts;
  return {
    info: implementationOf(facts),
    instructions,
    list,
    pageSize,
    cache: cache && cacheHint(cache, `Server ${name}`),
    sessions: sessionRules(sessions, name),
    ...live,
    listChanged,
    changes,
    find,
  };
}

/** Adds a resource behind a URI or a template, whose place is free. `replaces` says what becomes of one of the same form. */
export function addResource(
  registry: Registry,
  uri: string,
  label: string,
  options: ResourceOptions,
  scopes: readonly string[],
  behind: Behind<string>,
  replaces: (label: string) => boolean,
): void {
  if (!uri.includes('{')) {
    registry.put('resources', uri, createFixedResource(uri, label, options, scopes, behind));
    return;
  }
  const item = createTemplateResource(uri, label, options, scopes, behind);
  const twin = registry.twin(item.template.shape)?.template.text;
  if (twin !== undefined && twin !== uri) {
    if (!replaces(`${label} (which has the same form as "${twin}")`)) return;
    registry.decide({ resources: [twin] }, 'gone');
  }
  registry.put('templates', uri, item);
}
