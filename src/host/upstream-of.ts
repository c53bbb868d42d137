import type { AuthorizationServer } from '../authorization/authorization-server.ts';
import type { Principal } from '../core/principal.ts';
import type { UpstreamToken } from '../core/upstream-token.ts';
import { ToolError } from '../mcp/tool-error.ts';

/**
 * The caller's token for the API of where they signed in. For people of our own server alone: another issuer may call its
 * people what it likes. Rejects as `CallContext.upstream` says.
 */
export async function upstreamOf(
  { issuer, kind, subject }: Principal,
  server: Pick<AuthorizationServer, 'issuer' | 'credentials'> | undefined,
): Promise<UpstreamToken> {
  if (server?.credentials === undefined || kind !== 'user' || issuer !== server.issuer) {
    throw new ToolError('This needs a caller who signed in at an identity provider with an API.');
  }
  return server.credentials.live(subject);
}
