import { readServerUrl } from '../src/core/server-url.ts';
import { choice, list, required, text, type ValuesOf } from '../src/core/setting.ts';
import { admission, grantsTo, recheckIfMembers } from '../src/gate/admission.ts';
import { claimsWithProfile, type IdentityClaims, openidIdentity } from '../src/gate/openid-identity.ts';
import { type ProviderFromSettings, providerFromSettings } from '../src/gate/provider-from-settings.ts';
import type {
  Grants,
  Identity,
  UpstreamDeps,
  UpstreamProvider,
  UpstreamTokens,
  UpstreamWishes,
} from '../src/gate/upstream-provider.ts';

const settings = {
  issuer: {
    variable: 'OIDC_ISSUER',
    fallback: '',
    read: required(readServerUrl, 'the issuer, as its metadata spells it'),
  },
  clientId: { variable: 'OIDC_CLIENT_ID', fallback: '', read: required(text, 'the client id of your app there') },
  clientSecret: { variable: 'OIDC_CLIENT_SECRET', fallback: '', read: required(text, 'the secret of that app') },
  clientAuth: { variable: 'OIDC_CLIENT_AUTH', fallback: 'basic', read: choice('basic', 'post') },
  upstreamScopes: { variable: 'OIDC_SCOPES', fallback: 'openid,profile,email', read: list },
  allow: { variable: 'OIDC_ALLOW', fallback: '', read: admission('group') },
};

/** What is left out is read from the variable in brackets. */
export interface OidcOptions {
  /** Its issuer, to the last slash; where its endpoints are stands in its discovery document (OIDC_ISSUER). */
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Where the secret goes: a header or the body (OIDC_CLIENT_AUTH). */
  readonly clientAuth?: 'basic' | 'post';
  /** Asked of the provider (OIDC_SCOPES). */
  readonly upstreamScopes?: readonly string[];
  /** Who of its people may come in (OIDC_ALLOW). Default: all of them, for they are your provider's. */
  readonly allow?: string;
  /** In paths and subjects. Default `oidc`. Changing it makes everybody a stranger. */
  readonly name?: string;
  /** What people are told to sign in with. Default: the issuer's host. */
  readonly title?: string;
  /** The claim that lists groups. Default `groups`. */
  readonly groupsClaim?: string;
  readonly tenantClaim?: string;
  /** More for the authorization request, such as `{ prompt: 'select_account' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What of a client’s wishes it takes. Default: `prompt=login`, `max_age` (with `auth_time`) and `login_hint`. */
  readonly wishes?: UpstreamWishes;
  /** Which of our scopes a person may hand out (default: all). */
  readonly scopes?: Grants;
}

/** People sign in at an OpenID provider, with our authorization server in front of it. */
export const oidc = (options: OidcOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'oidc', settings, options, build: (values) => build(options, values) });

function build(options: OidcOptions, values: ValuesOf<typeof settings>): UpstreamProvider {
  const { issuer, clientId, clientSecret, clientAuth, upstreamScopes, allow } = values;
  const { name = 'oidc', title = new URL(issuer).host, groupsClaim = 'groups', tenantClaim, parameters } = options;
  const reading = { groupClaims: { group: groupsClaim }, ...(tenantClaim !== undefined && { tenantClaim }) };
  return {
    kind: 'upstream',
    name,
    title,
    server: { issuer },
    client: { id: clientId, method: clientAuth, secret: clientSecret },
    scopes: [...new Set(['openid', ...upstreamScopes])],
    openid: true,
    ...(parameters && { parameters }),
    wishes: options.wishes ?? { prompt: 'login', maxAge: true, hint: 'login_hint' },
    identify: (tokens, deps) => identify(tokens, reading, deps),
    renewsIdToken: true,
    ...recheckIfMembers(allow, options.scopes, (tokens, known, deps) =>
      tokens.idToken === undefined
        ? profileNow(tokens, known, { ...reading, groupsClaim }, deps)
        : identify(tokens, reading, deps),
    ),
    grants: grantsTo(allow, options.scopes),
  };
}

/** The ID token says who; what it leaves out of the profile is asked of the userinfo endpoint. */
async function identify(tokens: UpstreamTokens, reading: IdentityClaims, deps: UpstreamDeps): Promise<Identity> {
  const identity = openidIdentity(tokens, reading);
  if (identity.name !== undefined && identity.email !== undefined) return identity;
  const claims = await claimsWithProfile(tokens, deps);
  return openidIdentity({ ...(claims && { idToken: claims }) }, reading);
}

/** The same person by their profile alone. What it does not tell stays as it was, for the ID token may have told it. */
async function profileNow(
  tokens: UpstreamTokens,
  known: Identity,
  reading: IdentityClaims & { readonly groupsClaim: string },
  deps: UpstreamDeps,
): Promise<Identity> {
  const { subject, username, name, email, tenant, memberships, claims } = known;
  const profile = await claimsWithProfile({ ...tokens, idToken: { sub: subject } }, deps);
  const said = Object.fromEntries(Object.entries(profile ?? {}).filter(([, value]) => value !== undefined));
  const before = {
    ...claims,
    ...{ sub: subject, preferred_username: username, name },
    // That an address is verified is said of that address.
    ...(said.email === undefined && { email, email_verified: email !== undefined }),
    ...(reading.tenantClaim !== undefined && { [reading.tenantClaim]: tenant }),
    [reading.groupsClaim]: memberships?.group,
  };
  return openidIdentity({ idToken: { ...before, ...said } }, reading);
}
