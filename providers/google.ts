import { ConfigError } from '../src/core/errors.ts';
import { required, text, type ValuesOf } from '../src/core/setting.ts';
import { admission, admissionFault, grantsTo, recheckIfMembers } from '../src/gate/admission.ts';
import { openidIdentity } from '../src/gate/openid-identity.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';
import type {
  Grants,
  Identity,
  UpstreamProvider,
  UpstreamServer,
  UpstreamTokens,
} from '../src/gate/upstream-provider.ts';

const settings = {
  clientId: { variable: 'GOOGLE_CLIENT_ID', fallback: '', read: required(text, 'the client id of a web application') },
  clientSecret: { variable: 'GOOGLE_CLIENT_SECRET', fallback: '', read: required(text, 'the secret of that client') },
  allow: { variable: 'GOOGLE_ALLOW', fallback: '', read: admission('workspace') },
};

/** What is left out is read from the variable in brackets. */
export interface GoogleOptions {
  /** Of a client of the kind "Web application" (GOOGLE_CLIENT_ID). */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Who may come in: `anyone`, `workspace:example.com`, `email:…`, `domain:…`, `id:…`, between commas (GOOGLE_ALLOW). */
  readonly allow?: string;
  /** Asked of Google beside who signs in, such as `https://www.googleapis.com/auth/drive.readonly`. */
  readonly upstreamScopes?: readonly string[];
  /** Which of our scopes a person may hand out (default: all). */
  readonly scopes?: Grants;
  /** Where Google is, for tests. */
  readonly server?: UpstreamServer;
}

const GOOGLE: UpstreamServer = {
  issuer: 'https://accounts.google.com',
  authorization: 'https://accounts.google.com/o/oauth2/v2/auth',
  token: 'https://oauth2.googleapis.com/token',
  revocation: 'https://oauth2.googleapis.com/revoke',
  jwks: 'https://www.googleapis.com/oauth2/v3/certs',
};

/** People sign in with Google. */
export const google = (options: GoogleOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'google', settings, options, build: (values, mode) => build(options, values, mode) });

function build(
  { upstreamScopes = [], scopes, server = GOOGLE }: GoogleOptions,
  { clientId, clientSecret, allow }: ValuesOf<typeof settings>,
  { production }: ProviderMode,
): UpstreamProvider {
  const faults = admissionFault('GOOGLE_ALLOW', allow, production);
  if (faults.length > 0) throw new ConfigError(faults);
  const workspaces = allow === 'anyone' ? [] : allow.filter(({ kind }) => kind === 'workspace');
  const [workspace] = workspaces;
  return {
    kind: 'upstream',
    name: 'google',
    title: 'Google',
    server,
    client: { id: clientId, method: 'post', secret: clientSecret },
    scopes: ['openid', 'email', 'profile', ...upstreamScopes],
    openid: true,
    parameters: {
      // A refresh token comes with the first consent only, unless it is asked for each time; and only tools need one.
      ...(upstreamScopes.length > 0 && { access_type: 'offline', prompt: 'consent' }),
      // A hint for the page; the claim is what is looked at.
      ...(workspaces.length === 1 && workspace && { hd: workspace.value }),
    },
    wishes: { prompt: upstreamScopes.length > 0 ? 'select_account consent' : 'select_account', hint: 'login_hint' },
    quirks: {
      // ID tokens may name the issuer without its scheme.
      issuerOf: ({ iss }) => (iss === 'accounts.google.com' && server === GOOGLE ? iss : server.issuer),
    },
    identify: async (tokens) => whoIs(tokens),
    renewsIdToken: true,
    ...recheckIfMembers(allow, scopes, async (tokens, known) => (tokens.idToken === undefined ? known : whoIs(tokens))),
    grants: grantsTo(allow, scopes),
  };
}

const whoIs = (tokens: UpstreamTokens): Identity =>
  openidIdentity(tokens, { tenantClaim: 'hd', groupClaims: { workspace: 'hd' } });
