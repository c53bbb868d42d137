import { type Client, errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { expandScopes, parseScope } from '../core/scope.ts';
import { type Account, allowedScopes } from './accounts/account.ts';
import { isMachineId, type Machine, type Machines } from './machines.ts';
import { SIGNING_ALGORITHM } from './signing-keys.ts';

/**
 * Stands for "may call, no scope in particular" in an authorization request, because oidc-provider completes none
 * without a scope. It never gets into a grant that is kept, a token or an answer.
 */
export const BARE_ACCESS = 'gatehouse:bare-access';

/** What the scopes of a request are decided on. */
export interface ResourceServersParts {
  readonly resources: ReadonlyMap<string, ProtectedResource>;
  readonly machines: Machines;
  /** The id of the key that signs at this moment. */
  readonly kid: () => string;
}

/**
 * `getResourceServerInfo` of oidc-provider: one mount as the audience of signed tokens (RFC 8707 §2, RFC 9068), with the
 * scopes that this request can get for it. Throws InvalidTarget and InvalidScope.
 */
export const resourceServers =
  ({ resources, machines, kid }: ResourceServersParts) =>
  async (ctx: KoaContextWithOIDC, uri: string, client: Client): Promise<ResourceServer> => {
    const resource = resources.get(uri);
    if (resource === undefined) throw new errors.InvalidTarget();
    const scopes = isMachineId(client.clientId)
      ? await applyMachineScopes(ctx, resource, await machines.find(client.clientId))
      : personScopes(ctx, resource);
    return signedFor(resource, scopes, kid());
  };

/** One mount as the audience of tokens that the key `kid` signs. */
export const signedFor = ({ uri }: ProtectedResource, scopes: readonly string[], kid: string): ResourceServer => ({
  scope: scopes.join(' '),
  audience: uri,
  accessTokenFormat: 'jwt',
  jwt: { sign: { alg: SIGNING_ALGORITHM, kid } },
});

function personScopes(ctx: KoaContextWithOIDC, resource: ProtectedResource): readonly string[] {
  const known = [...resource.scopes.keys()];
  if (ctx.oidc.route !== 'token') return [...known, BARE_ACCESS];
  const account = ctx.oidc.account?.account as Account | undefined;
  const allowed = account === undefined ? new Set<string>() : allowedScopes(account, resource.scopes);
  // A code may be redeemed for less than was granted; oidc-provider itself looks at `scope` on refresh only.
  const { scope, grant_type: grantType } = ctx.oidc.body ?? {};
  const asked = grantType === 'authorization_code' && typeof scope === 'string' ? parseScope(scope) : undefined;
  const wanted = asked?.filter((name) => allowed.has(name)) ?? [];
  return known.filter((name) => allowed.has(name) && (wanted.length === 0 || wanted.includes(name)));
}

/** The request is completed here, before its scopes are read: without a scope the mount's defaults are meant. */
async function applyMachineScopes(
  ctx: KoaContextWithOIDC,
  resource: ProtectedResource,
  machine: Machine | undefined,
): Promise<readonly string[]> {
  if (machine?.resources !== undefined && !machine.resources.includes(resource.uri)) throw new errors.InvalidTarget();
  const { params } = ctx.oidc;
  const scopes = machineScopes(typeof params?.scope === 'string' ? params.scope : '', resource, machine?.scopes ?? []);
  if (params !== undefined) params.scope = scopes.join(' ') || undefined;
  return scopes;
}

/**
 * The scopes that a machine gets for what it asks (RFC 6749 §3.3): all of it or InvalidScope. An empty request is one
 * for the default scopes of the mount that it may have.
 */
export function machineScopes(
  requested: string,
  resource: ProtectedResource,
  registered: readonly string[],
): readonly string[] {
  const reached = expandScopes(registered, resource.scopes);
  const asked = parseScope(requested)?.filter((scope) => scope !== 'offline_access');
  if (asked === undefined) throw new errors.InvalidScope('scope is malformed', '');
  const wanted = asked.length > 0 ? asked : resource.defaultScopes.filter((scope) => reached.has(scope));
  const beyond = wanted.filter((scope) => !resource.scopes.has(scope) || !reached.has(scope));
  if (beyond.length > 0 || (wanted.length === 0 && resource.defaultScopes.length > 0)) {
    throw new errors.InvalidScope('the client is not registered for this scope', '');
  }
  return wanted;
}
