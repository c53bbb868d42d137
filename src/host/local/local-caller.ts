import type { Principal } from '../../core/principal.ts';
import { isScopeToken, type ScopeCatalogue } from '../../core/scope.ts';

/** Who calls a server that runs in this process, or for this user alone. Nobody has signed in: whoever starts it decides. */
export interface LocalCaller {
  /** Default `local`. */
  readonly subject?: string;
  /** Default: every scope of the server. */
  readonly scopes?: readonly string[];
  /** Anything else that handlers look at. */
  readonly principal?: Partial<Principal>;
}

/** The resource that such a server is: nobody else's token is good for it, for none is looked at. */
export const LOCAL_RESOURCE = 'http://localhost/mcp';

/** The principal that a local caller is. Throws TypeError for a scope that the server does not have. */
export function localPrincipal(
  { subject = 'local', scopes, principal }: LocalCaller,
  catalogue: ScopeCatalogue,
): Principal {
  const stray = scopes?.find((scope) => !isScopeToken(scope) || !catalogue.has(scope));
  if (stray !== undefined) {
    throw new TypeError(`The server has no scope ${stray}. It has: ${[...catalogue.keys()].join(', ') || 'none'}.`);
  }
  return {
    subject,
    clientId: 'local',
    scopes: new Set(scopes ?? catalogue.keys()),
    issuer: 'urn:gatehouse:local',
    resource: LOCAL_RESOURCE,
    expiresAt: Number.MAX_SAFE_INTEGER,
    kind: 'user',
    claims: {},
    ...principal,
  };
}
