import { InsufficientScope } from '../core/errors.ts';
import type { Principal } from '../core/principal.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { missingScopes, type ScopeCatalogue } from '../core/scope.ts';

/** What a decision looks at. */
type Scoped = Pick<Principal, 'scopes'>;
type Scopes = Pick<ProtectedResource, 'scopes'>;

/** Whether the caller holds every scope of `required`, by exact name or through the resource's hierarchy. */
export const permitted = (principal: Scoped, required: readonly string[], resource: Scopes): boolean =>
  missingScopes(required, principal.scopes, resource.scopes).length === 0;

/**
 * Lets the call pass or throws `InsufficientScope` with every scope that it needs, held ones included, so that one
 * step-up is enough (RFC 6750 §3.1).
 */
export function decide(principal: Scoped, required: readonly string[], resource: Scopes): void {
  if (!permitted(principal, required, resource)) throw new InsufficientScope(inOrder(required, resource.scopes));
}

/** Each scope once, in the order in which the resource declares them; undeclared ones last, by name. */
function inOrder(scopes: readonly string[], catalogue: ScopeCatalogue): readonly string[] {
  const wanted = new Set(scopes);
  const undeclared = [...wanted].filter((scope) => !catalogue.has(scope)).sort();
  return [...[...catalogue.keys()].filter((scope) => wanted.has(scope)), ...undeclared];
}
