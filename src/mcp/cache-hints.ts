import type { CacheHint, ServerOptions } from '@modelcontextprotocol/server';
import type { ListName } from './changes.ts';
import type { Surface } from './surface.ts';

/** For how long, and for whom, an answer may be kept (2026-07-28). */
export interface CacheRule {
  /** Seconds, 0 for not at all. */
  readonly ttl: number;
  /** `public`: by anybody, for everybody, such as a proxy. Default `private`: by the client that asked. */
  readonly scope?: 'private' | 'public';
}

/** How long a client may keep what is the same for everyone, in milliseconds. */
const STATIC_TTL = 300_000;

/** The rule in the words of the protocol. Throws TypeError for a rule that cannot work. */
export function cacheHint({ ttl, scope = 'private' }: CacheRule, label: string): Required<CacheHint> {
  if (Number.isSafeInteger(ttl) && ttl >= 0 && ttl <= 31_536_000 && (scope === 'private' || scope === 'public')) {
    return { ttlMs: ttl * 1000, cacheScope: scope };
  }
  throw new TypeError(`${label}: cache must be { ttl, scope }, whole seconds up to a year and "private" or "public".`);
}

/**
 * What was read, with what is said of it, by the resource unless the result says so itself. What needs scopes is not for
 * everybody, whoever says so.
 */
export function withCacheHint<R extends object>(
  result: R,
  { cache, scopes }: { readonly cache: CacheHint | undefined; readonly scopes: readonly string[] },
): R {
  const hinted: R & CacheHint = { ...cache, ...result };
  return scopes.length > 0 && hinted.cacheScope === 'public' ? { ...hinted, cacheScope: 'private' } : hinted;
}

/**
 * What is said of the lists of a surface and of its discovery. Unless it says otherwise, a list that depends on the token is
 * not to be kept, so that a step-up shows at once, nor one that says of itself that it changes.
 */
export function cacheHints(surface: Surface): NonNullable<ServerOptions['cacheHints']> {
  const { list, listChanged, cache, tools, prompts, resources, templates } = surface;
  const hint = (name: ListName, items: Items, depends = false): CacheHint => {
    const open = !depends && [...items.values()].every(({ scopes }) => scopes.length === 0);
    const constant = (open || (!depends && list === 'all')) && !listChanged.includes(name);
    const own = cache ?? { ttlMs: constant ? STATIC_TTL : 0, cacheScope: 'private' as const };
    return open ? own : { ...own, cacheScope: 'private' };
  };
  const listing = [...templates.values()].some((template) => template.list !== undefined);
  return {
    'server/discover': cache ?? { ttlMs: STATIC_TTL, cacheScope: 'private' },
    'tools/list': hint('tools', tools),
    'prompts/list': hint('prompts', prompts),
    'resources/templates/list': hint('resources', templates),
    'resources/list': hint('resources', resources, listing),
  };
}

type Items = ReadonlyMap<string, { readonly scopes: readonly string[] }>;
