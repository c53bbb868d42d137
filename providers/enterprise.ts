import { readServerUrl } from '../src/core/server-url.ts';
import { list, optional, required, type ValuesOf } from '../src/core/setting.ts';
import { admission, grantsTo } from '../src/gate/admission.ts';
import type { EnterpriseProvider } from '../src/gate/enterprise-provider.ts';
import { type IdentityClaims, openidIdentity } from '../src/gate/openid-identity.ts';
import { textOf } from '../src/gate/provider-api.ts';
import { type ProviderFromSettings, providerFromSettings } from '../src/gate/provider-from-settings.ts';
import { BadUpstreamAnswer, type Grants, type Identity } from '../src/gate/upstream-provider.ts';

const settings = {
  issuer: {
    variable: 'ENTERPRISE_ISSUER',
    fallback: '',
    read: required(readServerUrl, 'the issuer, as its assertions spell it'),
  },
  jwksUrl: { variable: 'ENTERPRISE_JWKS_URL', fallback: '', read: optional(readServerUrl) },
  clients: {
    variable: 'ENTERPRISE_CLIENTS',
    fallback: '',
    read: required(list, 'the ids that its clients have here, between commas'),
  },
  allow: { variable: 'ENTERPRISE_ALLOW', fallback: '', read: admission('tenant', 'group') },
};

/** What is left out is read from the variable in brackets. */
export interface EnterpriseOptions {
  /** Compared with `iss` as plain text, trailing slash included (ENTERPRISE_ISSUER). */
  readonly issuer?: string;
  /** Where its keys are (ENTERPRISE_JWKS_URL). Without it the issuer's metadata says. */
  readonly jwksUrl?: string;
  /** The clients that may show its assertions, by the ids that they have at our server (ENTERPRISE_CLIENTS). */
  readonly clients?: readonly string[];
  /** Who of its people may come in (ENTERPRISE_ALLOW). Default: all of them, for they are your provider's. */
  readonly allow?: string;
  /** In subjects. Default `enterprise`; each needs one of its own. Changing it makes everybody a stranger. */
  readonly name?: string;
  /** The claim that names the tenant of a provider with many. Default `tenant`. */
  readonly tenantClaim?: string;
  /** The claim that lists groups. Default `groups`. */
  readonly groupsClaim?: string;
  /** Takes an address that comes without `email_verified` for verified: where all of its addresses are. Default false. */
  readonly emailsAreVerified?: boolean;
  /** The `alg` values that are looked at. Default RS256, PS256, ES256, EdDSA and Ed25519. */
  readonly algorithms?: readonly string[];
  /** Which of our scopes a person may have (default: all). */
  readonly scopes?: Grants;
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

/** An identity provider that decides for its people which clients reach which mount (enterprise-managed authorization). */
export const enterprise = (options: EnterpriseOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'enterprise', settings, options, build: (values) => build(options, values) });

function build(options: EnterpriseOptions, values: ValuesOf<typeof settings>): EnterpriseProvider {
  const { issuer, jwksUrl, clients, allow } = values;
  const { name = 'enterprise', algorithms = ALGORITHMS, emailsAreVerified = false } = options;
  const { tenantClaim = 'tenant', groupsClaim: group = 'groups' } = options;
  const reading = { tenantClaim, groupClaims: { group, tenant: tenantClaim }, emailsAreVerified };
  return {
    kind: 'enterprise',
    name,
    issuer,
    ...(jwksUrl !== undefined && { jwksUrl }),
    algorithms,
    clients,
    identify: (claims) => identify(claims, tenantClaim, reading),
    grants: grantsTo(allow, options.scopes),
  };
}

/** Where an issuer has tenants, a `sub` is unique within one of them only. One without a tenant begins with none. */
function identify(claims: Readonly<Record<string, unknown>>, tenantClaim: string, reading: IdentityClaims): Identity {
  const tenant = textOf(claims[tenantClaim]);
  if (tenant === undefined && Object.hasOwn(claims, tenantClaim)) throw new BadUpstreamAnswer('tenant');
  const within = tenant === undefined ? '' : encodeURIComponent(tenant);
  const subjectOf = ({ sub }: Readonly<Record<string, unknown>>): string =>
    tenant === undefined && !String(sub).includes('/') ? String(sub) : `${within}/${sub}`;
  return openidIdentity({ idToken: claims }, { ...reading, subjectOf });
}
