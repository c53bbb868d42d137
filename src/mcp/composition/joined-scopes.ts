import type { ScopeCatalogue, ScopeInfo } from '../../core/scope.ts';
import { plainWords } from '../declared-scopes.ts';

/** The scopes of one server on their way into another one. */
export interface JoiningScopes {
  /** What people know the server as. */
  readonly title: string;
  readonly catalogue: ScopeCatalogue;
  /** What a scope is called in the other server. */
  outer(scope: string): string;
}

/** That a scope includes another one, as one server says. */
interface Inclusion {
  readonly from: JoiningScopes;
  readonly scope: string;
  /** What that server calls it. */
  readonly words: string | undefined;
}

interface Joined {
  readonly description: string;
  readonly includes: readonly Inclusion[];
  /** Who said these words; undefined where nobody has said any. */
  readonly by: JoiningScopes | undefined;
}

/**
 * One catalogue of all. A scope that several share includes what it includes for each of them. Its words are those of `own`, or the
 * only ones that anybody said; no other server says what includes it but in the same words, or its scopes would open what is not its
 * own. Throws TypeError where two mean different things by it: whoever consents must know.
 */
export function joinScopes(own: JoiningScopes, others: readonly JoiningScopes[]): ScopeCatalogue {
  const all = new Map<string, Joined>();
  for (const from of [own, ...others]) {
    for (const [inner, { description, implies }] of from.catalogue) {
      const scope = from.outer(inner);
      const by = description === plainWords(inner, from.title) ? undefined : from;
      const includes = implies.map((each) => ({
        from,
        scope: from.outer(each),
        words: from.catalogue.get(each)?.description,
      }));
      const before = all.get(scope);
      const here = { description, includes, by };
      all.set(scope, before === undefined ? here : together(scope, before, here, own));
    }
  }
  const counts = ({ from, scope, words }: Inclusion): boolean => {
    const included = all.get(scope);
    return from === own || included?.by === undefined || words === included.description;
  };
  return new Map([...all].map(([scope, joined]) => [scope, infoOf(scope, joined, counts)]));
}

function together(scope: string, before: Joined, here: Joined, own: JoiningScopes): Joined {
  const includes = [...before.includes, ...here.includes];
  const said = [before, here].filter(({ by }) => by !== undefined);
  const [first, second] = said;
  if (first === undefined) return { description: plainWords(scope, own.title), includes, by: undefined };
  if (second === undefined || first.by === own || first.description === second.description)
    return { ...first, includes };
  throw new TypeError(
    `The scope "${scope}" is “${first.description}” in ${first.by?.title} and “${second.description}” in ${second.by?.title}: ` +
      `give one of them another name with { scopes: … } where it is mounted, or declare it in the scopes of ${own.title}.`,
  );
}

function infoOf(scope: string, { description, includes }: Joined, counts: (each: Inclusion) => boolean): ScopeInfo {
  const implied = includes.filter(counts).map((each) => each.scope);
  return { description, implies: [...new Set(implied)].filter((other) => other !== scope) };
}
