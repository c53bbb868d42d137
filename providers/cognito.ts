import { readServerUrl } from '../src/core/server-url.ts';
import { required, text, type ValuesOf } from '../src/core/setting.ts';
import { admission, grantsTo, recheckIfMembers } from '../src/gate/admission.ts';
import { openidIdentity } from '../src/gate/openid-identity.ts';
import { textOf } from '../src/gate/provider-api.ts';
import { type ProviderFromSettings, providerFromSettings } from '../src/gate/provider-from-settings.ts';
import {
  BadUpstreamAnswer,
  type Grants,
  type Identity,
  type UpstreamProvider,
  type UpstreamTokens,
} from '../src/gate/upstream-provider.ts';

const settings = {
  userPoolId: {
    variable: 'COGNITO_USER_POOL_ID',
    fallback: '',
    read: required(readUserPool, 'the id of your user pool, such as eu-central-1_AbCdEfGhI'),
  },
  domain: {
    variable: 'COGNITO_DOMAIN',
    fallback: '',
    read: required(readServerUrl, 'the URL of the domain of that pool, where people sign in'),
  },
  clientId: { variable: 'COGNITO_CLIENT_ID', fallback: '', read: required(text, 'the id of an app client') },
  clientSecret: { variable: 'COGNITO_CLIENT_SECRET', fallback: '', read: required(text, 'the secret of that client') },
  allow: { variable: 'COGNITO_ALLOW', fallback: '', read: admission('group') },
};

/** What is left out is read from the variable in brackets. */
export interface CognitoOptions {
  /** Such as `eu-central-1_AbCdEfGhI`; the region stands in it (COGNITO_USER_POOL_ID). */
  readonly userPoolId?: string;
  /** Such as `https://acme.auth.eu-central-1.amazoncognito.com`, or a domain of yours (COGNITO_DOMAIN). */
  readonly domain?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Who of the pool may come in: `group:staff`, `domain:…`, `email:…`, `id:…`, between commas (COGNITO_ALLOW). Default: all. */
  readonly allow?: string;
  /** Of another partition of AWS. Default: by the user pool. */
  readonly issuer?: string;
  /** Asked of Cognito beside who signs in, such as `https://api.example.com/read` of a resource server there. */
  readonly upstreamScopes?: readonly string[];
  /** More for the authorization request, such as `{ identity_provider: 'Okta' }`. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Which of our scopes a person may hand out (default: all). */
  readonly scopes?: Grants;
}

/** People sign in at a user pool of Amazon Cognito. */
export const cognito = (options: CognitoOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'cognito', settings, options, build: (values) => build(options, values) });

function build(options: CognitoOptions, values: ValuesOf<typeof settings>): UpstreamProvider {
  const { userPoolId, clientId, clientSecret, allow } = values;
  const { upstreamScopes = [], parameters, scopes } = options;
  const [region] = userPoolId.split('_');
  const domain = values.domain.replace(/\/$/, '');
  const issuer = options.issuer ?? `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
  return {
    kind: 'upstream',
    name: 'cognito',
    title: new URL(domain).host,
    server: {
      issuer,
      authorization: `${domain}/oauth2/authorize`,
      token: `${domain}/oauth2/token`,
      revocation: `${domain}/oauth2/revoke`,
      jwks: `${issuer}/.well-known/jwks.json`,
    },
    client: { id: clientId, method: 'post', secret: clientSecret },
    scopes: ['openid', 'email', 'profile', ...upstreamScopes],
    openid: true,
    ...(parameters && { parameters }),
    wishes: { prompt: 'login', hint: 'login_hint' },
    identify: async (tokens) => identify(tokens),
    renewsIdToken: true,
    ...recheckIfMembers(allow, scopes, async (tokens, known) =>
      tokens.idToken === undefined ? known : identify(tokens),
    ),
    grants: grantsTo(allow, scopes),
  };
}

function readUserPool(value: string): string {
  if (/^[a-z]{2}(?:-[a-z]+)+-\d_[A-Za-z0-9]{1,55}$/.test(value)) return value;
  throw new Error('must be the id of a user pool, such as eu-central-1_AbCdEfGhI');
}

/** Access tokens of the pool name no audience and are signed alike: only its ID token says that it is one for us. */
function identify({ idToken = {} }: UpstreamTokens): Identity {
  if (idToken.token_use !== 'id') throw new BadUpstreamAnswer('cognito_token_use');
  const username = textOf(idToken.preferred_username) ?? textOf(idToken['cognito:username']);
  return openidIdentity(
    { idToken: { ...idToken, preferred_username: username } },
    { groupClaims: { group: 'cognito:groups' } },
  );
}
