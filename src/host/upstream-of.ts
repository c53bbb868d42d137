import type { UpstreamCredentials } from '../authorization/upstream/credentials.ts';
import type { Principal } from '../core/principal.ts';
import type { UpstreamToken } from '../core/upstream-token.ts';
import { ToolError } from '../mcp/tool-error.ts';

/** The caller's token for the API of where they signed in. Rejects as `CallContext.upstream` says. */
export async function upstreamOf(
  { kind, subject }: Principal,
  credentials: UpstreamCredentials | undefined,
): Promise<UpstreamToken> {
  if (credentials === undefined || kind !== 'user') {
    throw new ToolError('This needs a caller who signed in at an identity provider with an API.');
  }
  return credentials.live(subject);
}
