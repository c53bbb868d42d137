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

interface Joined extends ScopeInfo {
  /** Who said these words; undefined where nobody has said any. */
  readonly by: JoiningScopes | undefined;
}

/**
 * One catalogue of all. A scope that several share includes what it includes for each of them. Its words are those of `own`, or the
 * only ones that anybody said. Throws TypeError where two mean different things by it: whoever consents must know.
 */
export function joinScopes(own: JoiningScopes, others: readonly JoiningScopes[]): ScopeCatalogue {
  const all = new Map<string, Joined>();
  for (const from of [own, ...others]) {
    for (const [inner, { description, implies }] of from.catalogue) {
      const scope = from.outer(inner);
      const by = description === plainWords(inner, from.title) ? undefined : from;
      const here = { description, implies: implies.map(from.outer), by };
      const before = all.get(scope);
      all.set(scope, before === undefined ? here : together(scope, before, here, own));
    }
  }
  return new Map([...all].map(([scope, info]) => [scope, infoOf(scope, info)]));
}

function together(scope: string, before: Joined, here: Joined, own: JoiningScopes): Joined {
  const implies = [...before.implies, ...here.implies];
  const said = [before, here].filter(({ by }) => by !== undefined);
  const [first, second] = said;
  if (first === undefined) return { description: plainWords(scope, own.title), implies, by: undefined };
  if (second === undefined || first.by === own || first.description === second.description)
    return { ...first, implies };
  throw new TypeError(
    `The scope "${scope}" is “${first.description}” in ${first.by?.title} and “${second.description}” in ${second.by?.title}: ` +
      `give one of them another name with { scopes: … } where it is mounted, or declare it in the scopes of ${own.title}.`,
  );
}

const infoOf = (scope: string, { description, implies }: Joined): ScopeInfo => ({
  description,
  implies: [...new Set(implies)].filter((other) => other !== scope),
});
