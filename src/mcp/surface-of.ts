import { cacheHint } from './cache-hints.ts';
import type { ChangeOutlets } from './change-outlets.ts';
import type { Registry } from './registry.ts';
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
