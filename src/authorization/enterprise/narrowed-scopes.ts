import { errors } from 'oidc-provider';
import type { ProtectedResource } from '../../core/protected-resource.ts';
import { expandScopes, parseScope } from '../../core/scope.ts';

/** Who has a say in the scopes of a token that is given for an assertion. */
export interface ScopeVoices {
  /** `scope` of the request; the empty text asks for all that can be had. */
  readonly requested: string;
  /** Of the assertion; without any, the default scopes of the mount are meant (RFC 6749 §3.3). */
  readonly asserted: readonly string[] | undefined;
  /** What the person may have at this mount. */
  readonly allowed: ReadonlySet<string>;
  /** What the client is registered for, where it is registered for anything in particular. */
  readonly registered: readonly string[] | undefined;
}

/**
 * The scopes that all of them agree on, hierarchy followed (enterprise-managed authorization §7.2.1). Throws InvalidGrant for
 * an assertion of which nothing is left, and InvalidScope where nothing is left of the request.
 */
export function narrowedScopes(
  { requested, asserted, allowed, registered }: ScopeVoices,
  { scopes, defaultScopes }: ProtectedResource,
): readonly string[] {
  const ceiling = asserted ?? defaultScopes;
  const vouched = expandScopes(ceiling, scopes);
  const reached = registered === undefined ? vouched : expandScopes(registered, scopes);
  const possible = [...scopes.keys()].filter((name) => vouched.has(name) && reached.has(name) && allowed.has(name));
  if (ceiling.length > 0 && possible.length === 0) {
    throw new errors.InvalidGrant('nothing of the scope of the assertion can be granted');
  }
  const asked = parseScope(requested)?.filter((name) => name !== 'offline_access');
  if (asked === undefined) throw new errors.InvalidScope('scope is malformed', '');
  const wanted = possible.filter((name) => asked.length === 0 || asked.includes(name));
  if (asked.length > 0 && wanted.length === 0) throw new errors.InvalidScope('the assertion is for another scope', '');
  return wanted;
}
