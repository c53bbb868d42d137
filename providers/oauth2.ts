import { ConfigError } from '../src/core/errors.ts';
import { readServerUrl } from '../src/core/server-url.ts';
import { choice, list, required, text, type ValuesOf } from '../src/core/setting.ts';
import { admission, admissionFault, grantsTo, recheckIfMembers } from '../src/gate/admission.ts';
import { askForObject, textOf } from '../src/gate/provider-api.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';
import {
  BadUpstreamAnswer,
  type Grants,
  type Identity,
  type UpstreamProvider,
  type UpstreamWishes,
} from '../src/gate/upstream-provider.ts';

const settings = {
  authorizationUrl: {
    variable: 'OAUTH2_AUTHORIZATION_URL',
    fallback: '',
    read: required(readServerUrl, 'where people sign in'),
  },
  tokenUrl: { variable: 'OAUTH2_TOKEN_URL', fallback: '', read: required(readServerUrl, 'where codes are redeemed') },
  userinfoUrl: {
    variable: 'OAUTH2_USERINFO_URL',
    fallback: '',
    read: required(readServerUrl, 'where a token tells the profile of its person'),
  },
  subjectClaim: {
    variable: 'OAUTH2_SUBJECT_CLAIM',
    fallback: '',
    read: required(text, 'where in the profile the id stands that is a person’s for good, such as id or data.user.id'),
  },
  clientId: { variable: 'OAUTH2_CLIENT_ID', fallback: '', read: required(text, 'the client id of your app there') },
  clientSecret: { variable: 'OAUTH2_CLIENT_SECRET', fallback: '', read: required(text, 'the secret of that app') },
  clientAuth: { variable: 'OAUTH2_CLIENT_AUTH', fallback: 'basic', read: choice('basic', 'post') },
  upstreamScopes: { variable: 'OAUTH2_SCOPES', fallback: '', read: list },
  allow: { variable: 'OAUTH2_ALLOW', fallback: '', read: admission('group') },
};

/** A member of a profile, by its path (`data.user.id`), or what a function makes of the profile. */
export type ProfileClaim = string | ((profile: Readonly<Record<string, unknown>>) => unknown);

/** What else a profile tells. */
export interface ProfileClaims {
  /** What people recognise the account by. Default: the subject. */
  readonly username?: ProfileClaim;
  readonly name?: ProfileClaim;
  readonly email?: ProfileClaim;
  /** Must be true (or the text), or the address is none. Needed with `email`. */
  readonly emailVerified?: ProfileClaim;
  /** Texts, for `group:` rules. */
  readonly groups?: ProfileClaim;
}

/** What is left out is read from the variable in brackets. */
export interface Oauth2Options {
  /** OAUTH2_AUTHORIZATION_URL. */
  readonly authorizationUrl?: string;
  /** OAUTH2_TOKEN_URL. */
  readonly tokenUrl?: string;
  /** OAUTH2_USERINFO_URL. */
  readonly userinfoUrl?: string;
  /** Where the id of a person stands in their profile; never a name or an address (OAUTH2_SUBJECT_CLAIM). */
  readonly subjectClaim?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Where the secret goes: a header or the body (OAUTH2_CLIENT_AUTH). */
  readonly clientAuth?: 'basic' | 'post';
  /** Asked of the provider (OAUTH2_SCOPES). */
  readonly upstreamScopes?: readonly string[];
  /** Who may come in: `id:…`, `group:…`, `email:…`, `domain:…` or `anyone`, between commas (OAUTH2_ALLOW). */
  readonly allow?: string;
  /** In paths and subjects. Default `oauth2`. Changing it makes everybody a stranger. */
  readonly name?: string;
  /** What people are told to sign in with. Default: the host of the authorization URL. */
  readonly title?: string;
  readonly claims?: ProfileClaims;
  /** Where tokens are given back (RFC 7009). */
  readonly revocationUrl?: string;
  /** What it calls itself in `iss` of its callbacks (RFC 9207). Default: the origin of the authorization URL. */
  readonly issuer?: string;
  /** Whether PKCE is used (RFC 7636). Default true. */
  readonly pkce?: boolean;
  /** More for the authorization request. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** What of a client’s wishes it takes, such as `{ prompt: 'login', hint: 'login_hint' }`. Default: none. */
  readonly wishes?: Omit<UpstreamWishes, 'maxAge'>;
  /** Which of our scopes a person may hand out (default: all). */
  readonly scopes?: Grants;
}

/** People sign in at a provider that speaks OAuth 2 and no OpenID Connect. */
export const oauth2 = (options: Oauth2Options = {}): ProviderFromSettings =>
  providerFromSettings({
    name: 'oauth2',
    settings,
    options,
    build: (values, mode) => build(options, values, mode),
  });

function build(
  options: Oauth2Options,
  values: ValuesOf<typeof settings>,
  { production }: ProviderMode,
): UpstreamProvider {
  const { authorizationUrl, tokenUrl, userinfoUrl, subjectClaim, clientId, clientSecret, clientAuth, allow } = values;
  const faults = [
    ...admissionFault('OAUTH2_ALLOW', allow, production),
    ...(options.claims?.email !== undefined && options.claims.emailVerified === undefined
      ? ['claims.emailVerified must say where the profile tells that an address is verified']
      : []),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
  const { origin, host } = new URL(authorizationUrl);
  const { name = 'oauth2', title = host, issuer = origin, claims = {}, revocationUrl, parameters, pkce } = options;
  const whoIs: UpstreamProvider['identify'] = async ({ accessToken: token }, { fetch }) =>
    identityOf(await askForObject(fetch, userinfoUrl, 'profile', { token }), subjectClaim, claims);
  return {
    kind: 'upstream',
    name,
    title,
    server: {
      issuer,
      authorization: authorizationUrl,
      token: tokenUrl,
      ...(revocationUrl !== undefined && { revocation: revocationUrl }),
    },
    client: { id: clientId, method: clientAuth, secret: clientSecret },
    scopes: values.upstreamScopes,
    openid: false,
    ...(parameters && { parameters }),
    ...(options.wishes && { wishes: options.wishes }),
    quirks: { noPkce: pkce === false },
    identify: whoIs,
    ...recheckIfMembers(allow, options.scopes, (tokens, _known, deps) => whoIs(tokens, deps)),
    grants: grantsTo(allow, options.scopes),
  };
}

type Profile = Readonly<Record<string, unknown>>;

function identityOf(profile: Profile, subjectClaim: string, claims: ProfileClaims): Identity {
  const read = (claim: ProfileClaim | undefined): unknown =>
    typeof claim === 'function' ? claim(profile) : claim === undefined ? undefined : memberAt(profile, claim);
  const id = read(subjectClaim);
  const subject = Number.isSafeInteger(id) ? String(id) : textOf(id);
  if (subject === undefined) throw new BadUpstreamAnswer('profile_subject');
  const [name, address] = [textOf(read(claims.name)), textOf(read(claims.email))];
  const verified = read(claims.emailVerified);
  const email = verified === true || verified === 'true' ? address : undefined;
  const groups = [read(claims.groups)].flat().filter((group) => typeof group === 'string');
  return {
    subject,
    username: textOf(read(claims.username)) ?? name ?? subject,
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    memberships: { group: groups },
    claims: {},
  };
}

/** The member of that name, or the one at that path. */
function memberAt(profile: Profile, path: string): unknown {
  if (Object.hasOwn(profile, path)) return profile[path];
  return path.split('.').reduce<unknown>((value, member) => {
    const has = value !== null && typeof value === 'object' && Object.hasOwn(value, member);
    return has ? (value as Profile)[member] : undefined;
  }, profile);
}
