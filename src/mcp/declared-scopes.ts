import { isScopeToken, type ScopeCatalogue, type ScopeInfo } from '../core/scope.ts';

/** How a server says what a scope means: plain words for the consent page, and the scopes that it includes. */
export type ScopeDeclaration = string | { readonly description: string; readonly implies?: readonly string[] };

/** The scopes of one server: those declared, then those merely used, which get a description of their own. */
export interface DeclaredScopes {
  /** The checked, frozen form of what an item needs. Throws TypeError naming the item. */
  use(scopes: unknown, item: string): readonly string[];
  catalogue(): ScopeCatalogue;
  /** From now on `use` knows no further scope: a TypeError says so. */
  close(): void;
}

/** What people are told of a scope that nobody has described. */
export const plainWords = (scope: string, title: string): string => `Use “${scope}” of ${title}`;

/** Starts from the declarations of a server called `title`. Throws TypeError naming a scope that breaks RFC 6749 §3.3. */
export function declareScopes(declarations: Readonly<Record<string, ScopeDeclaration>>, title: string): DeclaredScopes {
  const known = new Map<string, ScopeInfo>();
  const interned = new Map<string, readonly string[]>();
  let closed = false;
  const use = (scopes: unknown, item: string): readonly string[] => {
    const list = scopeList(scopes, item);
    for (const scope of list.filter((each) => !known.has(each))) {
      if (closed) throw new TypeError(cameTooLate(item, scope));
      known.set(scope, { description: plainWords(scope, title), implies: [] });
    }
    const key = list.join(' ');
    const same = interned.get(key) ?? Object.freeze(list);
    interned.set(key, same);
    return same;
  };

  for (const [scope, declaration] of Object.entries(declarations)) {
    const { description, implies = [] } = typeof declaration === 'string' ? { description: declaration } : declaration;
    if (typeof description !== 'string' || description === '')
      throw new TypeError(`Scope "${scope}" needs a description.`);
    scopeList([scope], title);
    known.set(scope, { description, implies: [...implies] });
  }
  for (const { implies } of [...known.values()]) use(implies, `the scopes of ${title}`);
  const close = () => {
    closed = true;
  };
  return { use, catalogue: () => new Map(known), close };
}

const cameTooLate = (item: string, scope: string): string =>
  `${item} needs the scope "${scope}", which was not there when the server was mounted: name it in its \`scopes\`.`;

function scopeList(scopes: unknown, item: string): string[] {
  if (!Array.isArray(scopes)) {
    throw new TypeError(`${item} needs scopes. Write "scopes: []" to let every authenticated caller use it.`);
  }
  for (const scope of scopes) {
    if (typeof scope === 'string' && isScopeToken(scope)) continue;
    throw new TypeError(
      `${item} names the scope ${JSON.stringify(scope)}, which is not a scope token (RFC 6749 §3.3).`,
    );
  }
  return [...new Set<string>(scopes)];
}
