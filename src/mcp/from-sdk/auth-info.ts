import type { AuthInfo } from '@modelcontextprotocol/server';
import type { Principal } from '../../core/principal.ts';

/**
 * Who calls, as the SDK tells its handlers (`authInfo`). The token itself is not among it: a server behind the gate has no
 * use for it, and what it does not have it cannot pass on. `extra.principal` is the principal.
 */
export const authInfoOf = (principal: Principal): AuthInfo => ({
  token: '',
  clientId: principal.clientId,
  scopes: [...principal.scopes],
  expiresAt: principal.expiresAt,
  resource: new URL(principal.resource),
  extra: { principal },
});
