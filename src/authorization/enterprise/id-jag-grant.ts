import { type Client, errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import type { Clock } from '../../core/clock.ts';
import { Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { ProtectedResource } from '../../core/protected-resource.ts';
import { canonicalResource } from '../../core/resource-uri.ts';
import { randomToken, sha256 } from '../../core/secrets.ts';
import { CLOCK_SKEW } from '../../gate/claims.ts';
import { BadUpstreamAnswer, type Identity, NotAdmitted } from '../../gate/upstream-provider.ts';
import type { Store } from '../../store/store.ts';
import { type Account, allowedScopes } from '../accounts/account.ts';
import type { Epochs } from '../epochs.ts';
import { isMachineId, type Machine, type Machines } from '../machines.ts';
import { signedFor } from '../resource-servers.ts';
import type { Revocations } from '../revocations.ts';
import type { Identities } from '../upstream/identities.ts';
import type { Assertion, ReadAssertion } from './assertions.ts';
import { narrowedScopes } from './narrowed-scopes.ts';
import { JWT_BEARER, type TrustedIssuer } from './trusted-issuers.ts';

/** What ID-JAGs are exchanged with. */
export interface IdJagParts {
  readonly trusted: readonly TrustedIssuer[];
  readonly readAssertion: ReadAssertion;
  readonly resources: ReadonlyMap<string, ProtectedResource>;
  readonly machines: Machines;
  readonly identities: Identities;
  readonly revocations: Revocations;
  readonly epochs: Epochs;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  /** The id of the key that signs at this moment. */
  readonly kid: () => string;
}

type GrantContext = TokenEndpointGrantContext<{ readonly assertion?: string }>;

/**
 * Gives a person's access token for an ID-JAG (enterprise-managed authorization §5), to a client that has authenticated.
 * There is no refresh token: the identity provider is asked again, and may say no.
 */
export function serveIdJag(provider: Provider, parts: IdJagParts): void {
  provider.registerGrantType(JWT_BEARER, (ctx: GrantContext) => exchange(ctx, provider, parts), [
    'assertion',
    'scope',
    'resource',
  ]);
}

/** All that can refuse comes first, then the assertion is spent, then the token is made. */
async function exchange(ctx: GrantContext, provider: Provider, parts: IdJagParts): Promise<void> {
  const { client, params } = ctx.oidc;
  checkClient(client, parts.trusted);
  if (params.assertion === undefined) throw new errors.InvalidRequest('assertion is missing');
  const assertion = await parts.readAssertion(params.assertion);
  checkHolder(client, assertion);
  const machine = isMachineId(client.clientId) ? await parts.machines.find(client.clientId) : undefined;
  const resource = resourceOf(assertion, params.resource, machine, parts.resources);
  const { identity, account } = personOf(assertion, parts.identities);
  const scopes = narrowedScopes(
    {
      requested: params.scope ?? '',
      asserted: assertion.scopes,
      allowed: allowedScopes(account, resource.scopes),
      registered: machine?.scopes,
    },
    resource,
  );
  // The clock of its issuer may be ahead.
  const given = { client_id: client.clientId, sub: account.subject, iat: assertion.issuedAt - CLOCK_SKEW };
  if (await parts.revocations.isRevoked(given)) throw new errors.InvalidGrant('revoked since the assertion was made');
  await spend(assertion, client, parts);
  await parts.identities.keep(assertion.provider, identity);
  const token = new provider.AccessToken({
    accountId: account.subject,
    client,
    // Kept nowhere: this token is all that there is of the sign-in.
    grantId: randomToken(16),
    gty: JWT_BEARER,
    resourceServer: new provider.ResourceServer(resource.uri, signedFor(resource, scopes, parts.kid())),
    scope: scopes.join(' ') || undefined,
  });
  ctx.oidc.entity('AccessToken', token);
  const access_token = await token.save();
  ctx.body = { access_token, expires_in: token.expiration, scope: token.scope, token_type: token.tokenType };
  parts.log.info('assertion_accepted', {
    provider: assertion.provider.name,
    client: client.clientId,
    principal: account.subject,
    grant: token.grantId,
    resource: resource.uri,
  });
}

/** Whoever could be anybody must not show what was given to one client (enterprise-managed authorization §7.5.1). */
function checkClient({ clientId, clientAuthMethod }: Client, trusted: readonly TrustedIssuer[]): void {
  if (clientAuthMethod === 'none') throw new errors.InvalidClientAuth('a public client cannot show assertions');
  if (trusted.some(({ provider }) => provider.clients.includes(clientId))) return;
  throw new errors.UnauthorizedClient('no identity provider may give this client assertions');
}

function checkHolder({ clientId }: Client, assertion: Assertion): void {
  if (assertion.clientId !== clientId) throw new errors.InvalidGrant('the assertion was given to another client');
  if (assertion.provider.clients.includes(clientId)) return;
  throw new errors.InvalidGrant('this identity provider may not give this client assertions');
}

/** The mount that the assertion is for; a request may name it too, and no other (RFC 8707 §2). */
function resourceOf(
  { claims }: Assertion,
  requested: unknown,
  machine: Machine | undefined,
  resources: ReadonlyMap<string, ProtectedResource>,
): ProtectedResource {
  const [named, ...others] = [claims.resource].flat();
  const uri = typeof named === 'string' && others.length === 0 ? canonicalResource(named) : undefined;
  const resource = resources.get(uri ?? '');
  if (resource === undefined) throw new errors.InvalidGrant('the assertion is for none of the MCP servers here');
  if (requested !== undefined && requested !== resource.uri) {
    throw new errors.InvalidTarget('the assertion is for another resource');
  }
  if (machine?.resources?.includes(resource.uri) === false) throw new errors.InvalidTarget();
  return resource;
}

function personOf({ provider, claims }: Assertion, identities: Identities): { identity: Identity; account: Account } {
  try {
    const identity = provider.identify(claims);
    return { identity, account: identities.judge(provider, identity) };
  } catch (error) {
    if (error instanceof NotAdmitted || error instanceof BadUpstreamAnswer) {
      throw new errors.InvalidGrant(`the person may not come in: ${error.reason}`);
    }
    throw error;
  }
}

/**
 * An assertion is good once (§7.4.2). The mark outlives it on every node, whose clocks may differ. Looked at last: whether
 * the store may have lost such a mark since the assertion was made by a clock that may be ahead; then another one is needed.
 */
async function spend({ provider, id, issuedAt, expiresAt }: Assertion, client: Client, parts: IdJagParts) {
  const { store, clock, epochs, log } = parts;
  const name = `id_jag:${sha256(JSON.stringify([provider.issuer, id]))}`;
  if (!(await store.putIfAbsent(name, '1', Math.max(1, expiresAt + 3 * CLOCK_SKEW - clock())))) {
    log.warn('assertion_replay', { provider: provider.name, client: client.clientId });
    throw new errors.InvalidGrant('the assertion was used before');
  }
  if (issuedAt <= (await epochs.began()) + CLOCK_SKEW) {
    throw new Unavailable('assertion_older_than_epoch', undefined, CLOCK_SKEW);
  }
}
