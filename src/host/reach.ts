import { allowedScopes } from '../authorization/accounts/account.ts';
import type { AuthorizationServer } from '../authorization/authorization-server.ts';
import type { Principal } from '../core/principal.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { permitted } from '../gate/decide.ts';

/** Whether all of some scopes could be granted. */
export type Reach = (required: readonly string[]) => boolean;

/**
 * What a caller of a resource could be granted by a step-up: a person what their account may grant, or everything where
 * another provider decides; a machine or key what it holds, since it asks at once for all that it needs.
 */
export async function reachOf(
  principal: Principal,
  resource: ProtectedResource,
  server: Pick<AuthorizationServer, 'issuer' | 'accounts'> | undefined,
): Promise<Reach> {
  if (principal.kind !== 'user') return (required) => permitted(principal, required, resource);
  if (principal.issuer !== server?.issuer) return () => true;
  const account = await server.accounts.find(principal.subject);
  if (account === undefined) return () => false;
  const scopes = allowedScopes(account, resource.scopes);
  return (required) => permitted({ scopes }, required, resource);
}
