import { type Client, errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Log } from '../core/log.ts';
import type { Accounts } from './accounts/accounts.ts';
import { checkClientCredentials } from './client-credentials.ts';
import type { Form } from './form.ts';
import type { FormEndpoint } from './form-endpoint.ts';
import { isMachineId, type Machines } from './machines.ts';
import type { ReadOwnToken } from './own-token.ts';
import { passForm } from './request-body.ts';
import { BARE_ACCESS } from './resource-servers.ts';
import type { Revocations } from './revocations.ts';
import { checkParameters } from './tokens/token-request.ts';

/** What revocation and introspection work with. */
export interface TokenManagementParts {
  readonly provider: Provider;
  readonly accounts: Accounts;
  readonly machines: Machines;
  readonly revocations: Revocations;
  readonly readOwnToken: ReadOwnToken;
  readonly log: Log;
}

/** Finds nothing: oidc-provider refuses signed tokens, so it authenticates the client and gets this in their place. */
const NO_TOKEN = 'none';

/**
 * `/revoke` (RFC 7009). A refresh token ends its whole sign-in, an access token itself; a token that is unknown or
 * another client's is answered the same way and left alone.
 */
export const revokeEndpoint =
  (parts: TokenManagementParts): FormEndpoint =>
  async (ctx, form, next) => {
    const token = presentedToken(ctx, form);
    const client = await authenticated(ctx, next);
    if (client === undefined) return;
    await revoke(token, client, parts);
    ctx.body = '';
    ctx.status = 200;
  };

async function revoke(token: string, client: Client, parts: TokenManagementParts): Promise<void> {
  const { provider, revocations, readOwnToken, log } = parts;
  const access = await readOwnToken(token);
  if (access !== undefined) {
    if (access.client_id !== client.clientId) return;
    await revocations.token(String(access.jti), Number(access.exp));
    return log.info('token_revoked', { client: client.clientId, principal: access.sub, jti: access.jti });
  }
  const refresh = await provider.RefreshToken.find(token);
  if (refresh?.grantId === undefined || refresh.clientId !== client.clientId) return;
  await revocations.grant(refresh.grantId);
  await provider.Grant.adapter.destroy(refresh.grantId);
  log.info('grant_revoked', { client: client.clientId, principal: refresh.accountId, grant: refresh.grantId });
}

/**
 * `/introspect` (RFC 7662): clients with credentials, about their own tokens; machines that stand for a resource, about
 * access tokens for it. Everything else is `{"active":false}` and nothing more.
 */
export const introspectEndpoint =
  (parts: TokenManagementParts): FormEndpoint =>
  async (ctx, form, next) => {
    const token = presentedToken(ctx, form);
    const client = await authenticated(ctx, next);
    if (client === undefined) return;
    if (client.clientAuthMethod === 'none') throw new errors.InvalidClientAuth('a public client cannot introspect');
    ctx.body = (await describeToken(token, client, parts)) ?? { active: false };
    ctx.status = 200;
  };

async function describeToken(token: string, client: Client, parts: TokenManagementParts): Promise<object | undefined> {
  const { readOwnToken, revocations, accounts, machines, provider } = parts;
  const claims = await readOwnToken(token);
  if (claims === undefined) return describeRefreshToken(token, client, provider);
  const { client_id: clientId, sub = '', aud, scope = '', exp, iat, jti, iss, cnf } = claims;
  if (clientId !== client.clientId && !(await mayIntrospect(client, aud, machines))) return undefined;
  if (await revocations.isRevoked(claims)) return undefined;
  const holder = isMachineId(sub) ? await machines.find(sub) : await accounts.find(sub);
  if (holder === undefined) return undefined;
  // RFC 9449 §6.2.
  const kind = cnf === undefined ? { token_type: 'Bearer' } : { token_type: 'DPoP', cnf };
  return { active: true, scope, client_id: clientId, sub, aud, iss, exp, iat, jti, ...kind };
}

/** Only the client that holds a refresh token may ask about it. */
async function describeRefreshToken(token: string, client: Client, provider: Provider): Promise<object | undefined> {
  const found = await provider.RefreshToken.find(token);
  if (found === undefined || !found.isValid || found.clientId !== client.clientId) return undefined;
  const grant = found.grantId === undefined ? undefined : await provider.Grant.find(found.grantId);
  if (grant === undefined) return undefined;
  const { accountId: sub, scope = '', resource: aud, exp, iat, clientId } = found;
  const scopes = scope.split(' ').filter((name) => name !== BARE_ACCESS);
  const iss = provider.issuer;
  return { active: true, scope: scopes.join(' '), client_id: clientId, sub, aud, iss, exp, iat };
}

async function mayIntrospect({ clientId }: Client, audience: unknown, machines: Machines): Promise<boolean> {
  const machine = await machines.find(clientId);
  return typeof audience === 'string' && machine?.introspects?.includes(audience) === true;
}

/** The `token` of the form, with the form handed on so that oidc-provider can authenticate the client. */
function presentedToken(ctx: KoaContextWithOIDC, form: Form): string {
  checkParameters(form);
  const token = form.values.get('token');
  if (token === undefined) throw new errors.InvalidRequest('token is missing');
  checkClientCredentials(ctx, form.values);
  passForm(ctx, new Map([...form.values, ['token', NO_TOKEN]]));
  return token;
}

/** The client that oidc-provider has authenticated. Undefined when its refusal is the answer already. */
async function authenticated(ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<Client | undefined> {
  await next();
  return ctx.status === 200 ? ctx.oidc.client : undefined;
}
