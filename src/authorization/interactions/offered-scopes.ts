import type { ProtectedResource } from '../../core/protected-resource.ts';
import { expandScopes } from '../../core/scope.ts';
import type { Account } from '../accounts/account.ts';
import { allowedScopes } from '../accounts/account.ts';
import type { OfferedScope } from '../pages/consent-page.ts';

/** What one request may be given. */
export interface Offer {
  /** The scopes to ask the person about: asked for by the client, known to the mount, allowed to the account. */
  readonly scopes: readonly string[];
  /** Asked for and known to the mount, but beyond what the account may hand out. */
  readonly withheld: readonly string[];
  /** True when scopes of this mount were asked for and the account may hand out none of them. */
  readonly nothingAllowed: boolean;
}

/** Requested, known and allowed, in the order of the request. */
export function offerScopes(requested: readonly string[], resource: ProtectedResource, account: Account): Offer {
  const known = requested.filter((scope) => resource.scopes.has(scope));
  const allowed = allowedScopes(account, resource.scopes);
  const scopes = known.filter((scope) => allowed.has(scope));
  const withheld = known.filter((scope) => !allowed.has(scope));
  return { scopes, withheld, nothingAllowed: known.length > 0 && scopes.length === 0 };
}

/** What a scope of the mount is called for people. */
export const inPlainWords =
  (resource: ProtectedResource) =>
  (scope: string): string =>
    resource.scopes.get(scope)?.description ?? scope;

/** The offer as the page shows it. */
export function describeScopes(
  { scopes }: Pick<Offer, 'scopes'>,
  resource: ProtectedResource,
  allowedBefore: ReadonlySet<string>,
): readonly OfferedScope[] {
  const describe = inPlainWords(resource);
  return scopes.map((name) => ({
    name,
    description: describe(name),
    includes: [...expandScopes([name], resource.scopes)].filter((scope) => scope !== name).map(describe),
    allowedBefore: allowedBefore.has(name),
  }));
}
