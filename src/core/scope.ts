/** RFC 6749 §3.3: one scope-token. */
const SCOPE_TOKEN = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/** What a scope is called on a consent page, and which scopes it brings along. */
export interface ScopeInfo {
  /** Plain words for the person who consents, such as "Read your notes". */
  readonly description: string;
  /** Scopes that holding this one includes. */
  readonly implies: readonly string[];
}

/** Every scope of one resource, by its name. */
export type ScopeCatalogue = ReadonlyMap<string, ScopeInfo>;

/** Whether `text` is one scope-token (RFC 6749 §3.3), at most 128 characters. */
export const isScopeToken = (text: string): boolean => text.length <= 128 && SCOPE_TOKEN.test(text);

/**
 * Reads a space-delimited scope value (RFC 6749 §3.3) into distinct scopes in order.
 * Returns undefined when the text is not of that grammar; the empty text is no scopes.
 */
export function parseScope(text: string): readonly string[] | undefined {
  if (text === '') return [];
  const scopes = text.split(' ');
  return scopes.every(isScopeToken) ? [...new Set(scopes)] : undefined;
}

/** All that `granted` includes once the hierarchy is followed. Scopes the catalogue does not know stand for themselves. */
export function expandScopes(granted: Iterable<string>, catalogue: ScopeCatalogue): ReadonlySet<string> {
  const reached = new Set<string>();
  const queue = [...granted];
  for (let scope = queue.pop(); scope !== undefined; scope = queue.pop()) {
    if (reached.has(scope)) continue;
    reached.add(scope);
    queue.push(...(catalogue.get(scope)?.implies ?? []));
  }
  return reached;
}

/** The scopes of `required` that `granted` does not include, hierarchy followed. */
export function missingScopes(
  required: Iterable<string>,
  granted: Iterable<string>,
  catalogue: ScopeCatalogue,
): readonly string[] {
  const reached = expandScopes(granted, catalogue);
  return [...required].filter((scope) => !reached.has(scope));
}
