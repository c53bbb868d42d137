import { ConfigError } from '../src/core/errors.ts';
import { readServerUrl } from '../src/core/server-url.ts';
import { optional, required, text, type ValuesOf } from '../src/core/setting.ts';
import {
  type Admission,
  admission,
  admissionFault,
  asksFor,
  grantsTo,
  recheckIfMembers,
} from '../src/gate/admission.ts';
import { readPrivateKey } from '../src/gate/client-authentication.ts';
import { openidIdentity } from '../src/gate/openid-identity.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';
import {
  BadUpstreamAnswer,
  type Grants,
  type Identity,
  type UpstreamClient,
  type UpstreamDeps,
  type UpstreamProvider,
  type UpstreamTokens,
} from '../src/gate/upstream-provider.ts';

const settings = {
  tenantId: {
    variable: 'ENTRA_TENANT_ID',
    fallback: '',
    read: required(readTenant, 'the id of your directory (tenant), or organizations, common or consumers'),
  },
  clientId: { variable: 'ENTRA_CLIENT_ID', fallback: '', read: required(text, 'the application id of your app') },
  clientSecret: { variable: 'ENTRA_CLIENT_SECRET', fallback: '', read: optional(text) },
  privateKey: { variable: 'ENTRA_PRIVATE_KEY', fallback: '', read: optional(readPrivateKey) },
  allow: { variable: 'ENTRA_ALLOW', fallback: '', read: admission('tenant', 'group', 'role') },
  authority: { variable: 'ENTRA_AUTHORITY', fallback: 'https://login.microsoftonline.com', read: readServerUrl },
};

/** What is left out is read from the variable in brackets. */
export interface EntraOptions {
  /** The id of your tenant, or `organizations`, `common` or `consumers`, with `allow` then (ENTRA_TENANT_ID). */
  readonly tenantId?: string;
  /** The application id (ENTRA_CLIENT_ID). */
  readonly clientId?: string;
  /** Either a secret (ENTRA_CLIENT_SECRET) … */
  readonly clientSecret?: string;
  /** … or the private key of a certificate: a JWK with `alg` and `x5t#S256`, as text (ENTRA_PRIVATE_KEY). */
  readonly privateKey?: string;
  /** Who may come in: `tenant:<id>`, `group:<id>`, `role:Admin`, `id:<tenant>:<oid>` or `anyone`, between commas (ENTRA_ALLOW). */
  readonly allow?: string;
  /** Microsoft's host, of a national cloud (ENTRA_AUTHORITY). */
  readonly authority?: string;
  /** Of one API of Microsoft, for tools, such as `User.Read` of Graph. They bring tokens that are refreshed. */
  readonly upstreamScopes?: readonly string[];
  /** More for the authorization request, such as `{ prompt: 'select_account' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Which of our scopes a person may hand out (default: all). */
  readonly scopes?: Grants;
}

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** The tenant of all personal accounts. */
const CONSUMERS = '9188040d-6c67-4c5b-b112-36a304b66dad';
const SEVERAL = ['organizations', 'common'];

/** People sign in with Microsoft Entra ID, in one tenant or in several. */
export const entra = (options: EntraOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'entra', settings, options, build: (values, mode) => build(options, values, mode) });

type Values = ValuesOf<typeof settings>;

function build(
  { upstreamScopes = [], parameters, scopes }: EntraOptions,
  values: Values,
  { production }: ProviderMode,
): UpstreamProvider {
  const { tenantId, allow } = values;
  const faults = faultsOf(values, production);
  if (faults.length > 0) throw new ConfigError(faults);
  // Tools need tokens that are refreshed, and so does a later look at groups and roles.
  const lasting = upstreamScopes.length > 0 || asksFor(allow, 'group', 'role');
  const authority = values.authority.replace(/\/$/, '');
  const base = `${authority}/${tenantId}`;
  const token = `${base}/oauth2/v2.0/token`;
  return {
    kind: 'upstream',
    name: 'entra',
    title: 'Microsoft',
    server: {
      issuer: `${base}/v2.0`,
      authorization: `${base}/oauth2/v2.0/authorize`,
      token,
      jwks: `${base}/discovery/v2.0/keys`,
    },
    client: clientOf(values, token),
    scopes: ['openid', 'profile', 'email', ...(lasting ? ['offline_access'] : []), ...upstreamScopes],
    openid: true,
    ...(parameters && { parameters }),
    wishes: { prompt: 'login', hint: 'login_hint' },
    quirks: {
      scopesAtToken: true,
      endedErrors: ['interaction_required', 'login_required', 'consent_required'],
      issuerOf: (claims) => `${authority}/${tenantOf(claims, tenantId)}/v2.0`,
    },
    identify: (tokens, deps) => identify(tokens, allow, deps),
    renewsIdToken: true,
    ...recheckIfMembers(allow, scopes, async (tokens, known, deps) =>
      tokens.idToken === undefined ? known : identify(tokens, allow, deps),
    ),
    grants: grantsTo(allow, scopes),
  };
}

/** By its id: a name of it says nothing that the tokens say. */
function readTenant(value: string): string {
  const tenant = value.toLowerCase();
  if (tenant === 'consumers') return CONSUMERS;
  if (SEVERAL.includes(tenant) || GUID.test(tenant)) return tenant;
  throw new Error('must be the id of a tenant (a GUID), or organizations, common or consumers');
}

function faultsOf({ tenantId, clientSecret, privateKey, allow }: Values, production: boolean): readonly string[] {
  const several = SEVERAL.includes(tenantId);
  return [
    ...((clientSecret === undefined) === (privateKey === undefined)
      ? ['ENTRA_CLIENT_SECRET or ENTRA_PRIVATE_KEY must be set, and not both']
      : []),
    ...(several || tenantId === CONSUMERS ? admissionFault('ENTRA_ALLOW', allow, production) : []),
    ...(several && asksFor(allow, 'group', 'role')
      ? ['ENTRA_ALLOW may have group: and role: for one tenant only (ENTRA_TENANT_ID): each tenant gives out its own']
      : []),
  ];
}

const clientOf = ({ clientId: id, clientSecret, privateKey }: Values, audience: string): UpstreamClient =>
  privateKey === undefined
    ? { id, method: 'post', secret: clientSecret ?? '' }
    : { id, method: 'private_key_jwt', key: privateKey, audience };

/** The tenant of a person, which must be one of those that may sign in: each has an issuer of its own. */
function tenantOf({ tid, ver }: Readonly<Record<string, unknown>>, tenantId: string): string {
  if (ver !== '2.0' || typeof tid !== 'string' || !GUID.test(tid)) throw new BadUpstreamAnswer('entra_id_token');
  const fits = SEVERAL.includes(tenantId) ? tenantId === 'common' || tid !== CONSUMERS : tid === tenantId;
  if (!fits) throw new BadUpstreamAnswer('entra_other_tenant');
  return tid;
}

/** An address is whatever a tenant's administrator wrote, unless its owner was looked at (`xms_edov`). */
const EDOV: ReadonlySet<unknown> = new Set([true, 1, 'true', '1']);

async function identify({ idToken = {} }: UpstreamTokens, allow: Admission, { log }: UpstreamDeps): Promise<Identity> {
  const { tid, oid, groups, _claim_names: elsewhere } = idToken;
  // More than 200 groups are not told: nobody is let in by what is not there.
  if (asksFor(allow, 'group') && groups === undefined && elsewhere !== undefined) log.warn('entra_groups_left_out');
  return openidIdentity(
    { idToken: { ...idToken, email_verified: EDOV.has(idToken.xms_edov) } },
    {
      subjectOf: () => (typeof oid === 'string' && GUID.test(oid) ? `${tid}:${oid}` : undefined),
      tenantClaim: 'tid',
      groupClaims: { tenant: 'tid', group: 'groups', role: 'roles' },
    },
  );
}
