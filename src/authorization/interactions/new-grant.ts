import type Provider from 'oidc-provider';
import type { Grant } from 'oidc-provider';
import type { ProtectedResource } from '../../core/protected-resource.ts';

/** What a grant is made from. */
export interface GrantParts {
  readonly accountId: string;
  readonly clientId: string;
  readonly resource: ProtectedResource;
  readonly requested: readonly string[];
  /** The scopes of the mount that the person allowed. */
  readonly allowed: readonly string[];
}

/**
 * Saves a grant for one authorization and returns it. Never shared with another sign-in, so that ending one ends no
 * other. What was asked for and not allowed is kept as refused: the provider then does not ask again.
 */
export async function newGrant(provider: Provider, parts: GrantParts): Promise<Grant> {
  const { accountId, clientId, resource, requested, allowed } = parts;
  const grant = new provider.Grant({ accountId, clientId });
  const refused = requested.filter((scope) => resource.scopes.has(scope) && !allowed.includes(scope));
  if (allowed.length > 0) grant.addResourceScope(resource.uri, [...allowed]);
  if (refused.length > 0) grant.rejectResourceScope(resource.uri, refused);
  await grant.save();
  return grant;
}
