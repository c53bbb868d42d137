import { type AdapterFactory, type Configuration, errors } from 'oidc-provider';
import type { Clock } from '../core/clock.ts';
import { randomToken, sha256 } from '../core/secrets.ts';
import { CLOCK_SKEW } from '../gate/claims.ts';
import type { Account } from './accounts/account.ts';
import type { Accounts } from './accounts/accounts.ts';
import { assertClientAssertion } from './client-assertion.ts';
import type { CookieSigner } from './cookie-keys.ts';
import { basePath, interactionPath, sessionCookiePath } from './interactions/interaction-paths.ts';
import type { Lifetimes } from './lifetimes.ts';
import { bindToProvenKey } from './proven-key.ts';
import { issuedClient } from './register-endpoint.ts';
import { ASSERTION_ALGORITHMS, CLIENT_AUTH_METHODS, ENDPOINTS } from './server-metadata.ts';
import { SIGNING_ALGORITHM, type SigningKey } from './signing-keys.ts';

type Settings = Required<Pick<Configuration, 'loadExistingGrant' | 'renderError' | 'fetch'>> & {
  readonly interactionPolicy: NonNullable<NonNullable<Configuration['interactions']>['policy']>;
  readonly resourceServers: NonNullable<
    NonNullable<NonNullable<Configuration['features']>['resourceIndicators']>['getResourceServerInfo']
  >;
};

/** What oidc-provider is set up from. */
export interface ProviderParts extends Settings {
  readonly publicUrl: URL;
  readonly adapter: AdapterFactory;
  readonly keys: readonly SigningKey[];
  readonly cookieSigner: CookieSigner;
  readonly lifetimes: Lifetimes;
  readonly accounts: Accounts;
  /** The account of somebody who is about to be given more. */
  readonly accountNow: (subject: string) => Promise<Account | undefined>;
  readonly clock: Clock;
  /** When the store's epoch began, in seconds since 1970. */
  readonly epochBegan: () => Promise<number>;
  /** The issuer whose assertion a person came with, if they did. */
  readonly issuerOfSubject: (subject: string) => string | undefined;
  /** Whether tokens can be bound to a key (RFC 9449). */
  readonly proofs: boolean;
}

/** The settings of oidc-provider: OAuth 2.1 with resource indicators, and nothing that is not used. */
export function providerSettings(parts: ProviderParts): Configuration {
  return {
    adapter: parts.adapter,
    jwks: { keys: parts.keys.map(({ jwk }) => jwk) },
    cookies: cookieSettings(parts.publicUrl, parts.cookieSigner),
    routes: routeSettings,
    features: featureSettings(parts),
    ttl: lifetimeSettings(parts.lifetimes, parts.clock),
    clientDefaults: { id_token_signed_response_alg: SIGNING_ALGORITHM },
    clientAuthMethods: CLIENT_AUTH_METHODS,
    enabledJWA: {
      clientAuthSigningAlgValues: ASSERTION_ALGORITHMS,
      idTokenSigningAlgValues: [SIGNING_ALGORITHM],
    },
    clockTolerance: CLOCK_SKEW,
    assertJwtClientAuthClaimsAndHeader: assertClientAssertion({
      clock: parts.clock,
      skew: CLOCK_SKEW,
      epochBegan: parts.epochBegan,
    }),
    scopes: [],
    claims: {},
    responseTypes: ['code'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    extraTokenClaims: async (ctx, token) => {
      if (token.kind !== 'AccessToken') return { gh_kind: 'machine' };
      const issuer = parts.issuerOfSubject(token.accountId);
      // Codes and refresh tokens have had their account looked up; an assertion comes without.
      const found = ctx.oidc.account?.account as Account | undefined;
      const shown = shownOf(found ?? (await parts.accounts.find(token.accountId)));
      return { gh_kind: 'user', gid: token.grantId, ...(issuer !== undefined && { gh_idp: issuer }), ...shown };
    },
    formats: { customizers: { jwt: async (ctx, token, jwt) => bindToProvenKey(ctx, token, jwt) } },
    findAccount: async (_ctx, subject) => accountOf(await parts.accountNow(subject)),
    loadExistingGrant: parts.loadExistingGrant,
    interactions: {
      policy: parts.interactionPolicy,
      url: (_ctx, { uid }) => interactionPath(parts.publicUrl, uid),
    },
    // Which origin asks is looked at before oidc-provider is.
    clientBasedCORS: () => true,
    renderError: parts.renderError,
    fetch: parts.fetch,
    fetchResponseBodyLimits: { jwks_uri: 65_536 },
  };
}

const routeSettings: NonNullable<Configuration['routes']> = {
  ...ENDPOINTS,
  end_session: '/end-session',
};

function featureSettings({
  resourceServers: getResourceServerInfo,
  proofs,
}: ProviderParts): NonNullable<Configuration['features']> {
  const off = { enabled: false } as const;
  return {
    devInteractions: off,
    // Proofs are judged before a request gets here; this reads `dpop_jkt` (RFC 9449 §10).
    dPoP: { enabled: proofs, allowReplay: true },
    pushedAuthorizationRequests: off,
    rpInitiatedLogout: off,
    userinfo: off,
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    registration: {
      enabled: true,
      idFactory: (ctx) => issuedClient(ctx)?.id ?? `client_${randomToken(16)}`,
      secretFactory: async (ctx) => issuedClient(ctx)?.secret ?? randomToken(),
      // There is nothing to manage where nothing is kept (RFC 7592).
      issueRegistrationAccessToken: async (ctx) => issuedClient(ctx) === undefined,
    },
    registrationManagement: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo,
      // A mount is always named before a request gets here; at the token endpoint the grant names it.
      useGrantedResource: async () => true,
      defaultResource: async (_ctx, _client, oneOf) => {
        if (oneOf === undefined) throw new errors.InvalidTarget();
        return oneOf;
      },
    },
  };
}

/** Names carry the prefix that makes a browser hold to the attributes. What is for the whole origin is named for our path of it. */
function cookieSettings(publicUrl: URL, keys: CookieSigner): NonNullable<Configuration['cookies']> {
  const path = basePath(publicUrl) || '/';
  const secure = publicUrl.protocol === 'https:';
  const scoped = secure ? '__Secure-gatehouse' : 'gatehouse';
  const own = path === '/' ? '' : `_${sha256(path).slice(0, 8)}`;
  const session = secure ? `__Host-gatehouse_session${own}` : `${scoped}_session`;
  const attributes = { httpOnly: true, sameSite: 'lax', signed: true, overwrite: true } as const;
  return {
    names: { session, interaction: `${scoped}_interaction`, resume: `${scoped}_resume` },
    long: { ...attributes, path: sessionCookiePath(publicUrl) },
    short: attributes,
    keys,
  };
}

function lifetimeSettings(lifetimes: Lifetimes, clock: Clock): NonNullable<Configuration['ttl']> {
  const { refreshIdle, refreshAbsolute } = lifetimes;
  return {
    AuthorizationCode: lifetimes.code,
    AccessToken: lifetimes.userAccess,
    ClientCredentials: lifetimes.machineAccess,
    Interaction: lifetimes.interaction,
    Session: lifetimes.session,
    IdToken: lifetimes.userAccess,
    Grant: refreshAbsolute + lifetimes.code + lifetimes.interaction,
    RegistrationAccessToken: lifetimes.registration,
    // RFC 9700 §4.14.2: rotation starts the idle time anew, never the whole.
    RefreshToken: (_ctx, { iiat = clock() }) => Math.max(1, Math.min(refreshIdle, iiat + refreshAbsolute - clock())),
  };
}

const accountOf = (account: Account | undefined) =>
  account && { accountId: account.subject, claims: () => ({ sub: account.subject }), account };

/** What tools and logs may call a person (OpenID Connect Core §5.1 names the first two). */
const shownOf = (account: Account | undefined) => ({
  ...(account?.name !== undefined && { name: account.name }),
  ...(account?.email !== undefined && { email: account.email }),
  ...(account?.tenant !== undefined && { gh_tenant: account.tenant }),
});
