import { ConfigError, Unavailable } from '../src/core/errors.ts';
import { readServerUrl } from '../src/core/server-url.ts';
import { required, text, type ValuesOf } from '../src/core/setting.ts';
import { admission, admissionFault, asksFor, grantsTo, recheckIfMembers } from '../src/gate/admission.ts';
import { openidIdentity } from '../src/gate/openid-identity.ts';
import { askForObject, readObject, textOf } from '../src/gate/provider-api.ts';
import {
  type ProviderFromSettings,
  type ProviderMode,
  providerFromSettings,
} from '../src/gate/provider-from-settings.ts';
import {
  BadUpstreamAnswer,
  type Grants,
  type Identity,
  type UpstreamDeps,
  type UpstreamProvider,
  type UpstreamTokens,
} from '../src/gate/upstream-provider.ts';

const settings = {
  clientId: { variable: 'SLACK_CLIENT_ID', fallback: '', read: required(text, 'the client id of your Slack app') },
  clientSecret: {
    variable: 'SLACK_CLIENT_SECRET',
    fallback: '',
    read: required(text, 'the client secret of that app'),
  },
  allow: { variable: 'SLACK_ALLOW', fallback: '', read: admission('workspace', 'enterprise') },
  url: { variable: 'SLACK_URL', fallback: 'https://slack.com', read: readServerUrl },
};

/** What is left out is read from the variable in brackets. */
export interface SlackOptions {
  /** Of your Slack app (SLACK_CLIENT_ID). */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Who may come in: `workspace:T012AB3C4`, `enterprise:E…`, `domain:example.com`, `id:<team>:<user>` or `anyone`, between commas (SLACK_ALLOW). */
  readonly allow?: string;
  /** Where Slack is: `https://slack-gov.com` for GovSlack (SLACK_URL). */
  readonly url?: string;
  /** User scopes for tools, such as `search:read`. The person then installs the app for themselves in place of OpenID Connect. */
  readonly upstreamScopes?: readonly string[];
  /** Whether PKCE is turned on for the app, which makes it a public one for good. Default false. */
  readonly pkce?: boolean;
  /** Which of our scopes a person may hand out (default: all). */
  readonly scopes?: Grants;
}

/** People sign in with Slack. */
export const slack = (options: SlackOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'slack', settings, options, build: (values, mode) => build(options, values, mode) });

function build(
  { upstreamScopes = [], pkce = false, scopes }: SlackOptions,
  { clientId, clientSecret, allow, url }: ValuesOf<typeof settings>,
  { production }: ProviderMode,
): UpstreamProvider {
  const forTools = upstreamScopes.length > 0;
  const faults = [
    ...admissionFault('SLACK_ALLOW', allow, production),
    ...(forTools && asksFor(allow, 'email', 'domain', 'enterprise')
      ? [
          'SLACK_ALLOW may have email:, domain: and enterprise: without upstreamScopes only: nothing is told of them then',
        ]
      : []),
  ];
  if (faults.length > 0) throw new ConfigError(faults);
  const workspaces = allow === 'anyone' ? [] : allow.filter(({ kind }) => kind === 'workspace');
  const [workspace] = workspaces;
  return {
    kind: 'upstream',
    name: 'slack',
    title: 'Slack',
    server: forTools
      ? { issuer: url, authorization: `${url}/oauth/v2/authorize`, token: `${url}/api/oauth.v2.access` }
      : {
          issuer: url,
          authorization: `${url}/openid/connect/authorize`,
          token: `${url}/api/openid.connect.token`,
          jwks: `${url}/openid/connect/keys`,
        },
    client: { id: clientId, method: 'post', secret: clientSecret },
    scopes: forTools ? upstreamScopes : ['openid', 'profile', 'email'],
    openid: !forTools,
    parameters: {
      // `scope` is what a bot would be given.
      ...(forTools && { scope: '', user_scope: upstreamScopes.join(',') }),
      // A hint for the page; the claim is what is looked at. Ids are in capitals.
      ...(workspaces.length === 1 && workspace && { team: workspace.value.toUpperCase() }),
    },
    quirks: {
      scopeSeparator: ',',
      errorsWith200: true,
      noPkce: !pkce,
      readAnswer: (answer) => readAnswer(answer, forTools),
    },
    identify: async (tokens, deps) => (forTools ? whoInstalled(url, tokens, deps) : whoSignedIn(tokens)),
    ...recheckIfMembers(allow, scopes, async (tokens, known, deps) =>
      forTools ? whoInstalled(url, asInstalled(tokens, known), deps) : profileNow(url, tokens, deps),
    ),
    grants: grantsTo(allow, scopes),
  };
}

type Answer = Readonly<Record<string, unknown>>;

const STANDARD_ERRORS = new Map<unknown, string>([
  ...['invalid_client_id', 'bad_client_secret'].map((code) => [code, 'invalid_client'] as const),
  ...['invalid_code', 'code_already_used', 'code_expired', 'invalid_refresh_token'].map(
    (code) => [code, 'invalid_grant'] as const,
  ),
  ...['token_expired', 'token_revoked', 'account_inactive'].map((code) => [code, 'invalid_grant'] as const),
]);
const OUT = ['ratelimited', 'internal_error', 'fatal_error', 'service_unavailable', 'request_timeout'];

/** Slack says no with `ok`, whatever the status, and a user's token stands beside a bot's, which is nobody's. */
function readAnswer(answer: Answer, forTools: boolean): Answer {
  const { ok, error, authed_user: user } = answer;
  if (ok !== true) {
    const code = typeof error === 'string' && !OUT.includes(error) ? error : 'temporarily_unavailable';
    return { error: STANDARD_ERRORS.get(code) ?? code };
  }
  if (!forTools) return answer;
  const nested = user !== null && typeof user === 'object' && 'access_token' in user;
  const { token_type: kind, access_token, refresh_token, expires_in, scope } = (nested ? user : answer) as Answer;
  const own = { refresh_token, expires_in, scope, token_type: 'bearer' };
  return { ...answer, ...own, access_token: kind === 'user' ? access_token : undefined };
}

/** User ids are of their workspace: the same one may be somebody else in another. */
function subjectOf(team: unknown, user: unknown): string | undefined {
  const known = typeof team === 'string' && typeof user === 'string';
  return known && /^[TE]\w{2,30}$/.test(team) && /^[UW]\w{2,30}$/.test(user) ? `${team}:${user}` : undefined;
}

const CLAIM = 'https://slack.com';

const whoSignedIn = (tokens: UpstreamTokens): Identity =>
  openidIdentity(tokens, {
    subjectOf: (claims) => subjectOf(claims[`${CLAIM}/team_id`], claims[`${CLAIM}/user_id`]),
    tenantClaim: `${CLAIM}/team_id`,
    groupClaims: { workspace: `${CLAIM}/team_id`, enterprise: `${CLAIM}/enterprise_id` },
  });

/** The claims of an ID token, asked for anew. */
async function profileNow(url: string, tokens: UpstreamTokens, { fetch }: UpstreamDeps): Promise<Identity> {
  const { accessToken: token } = tokens;
  const said = await askForObject(fetch, `${url}/api/openid.connect.userInfo`, 'slack_profile', { token });
  if (said.ok !== true && OUT.includes(String(said.error))) throw new Unavailable('slack_profile_out');
  if (said.ok !== true) throw new BadUpstreamAnswer('slack_profile');
  return whoSignedIn({ ...tokens, idToken: said });
}

/** The answer to the code of somebody who is known. */
function asInstalled(tokens: UpstreamTokens, { subject }: Identity): UpstreamTokens {
  const [team, user] = subject.split(':');
  return { ...tokens, answer: { authed_user: { id: user }, team: { id: team } } };
}

/** The answer to our own code says who and where; Slack is asked for the name, about the same person. */
async function whoInstalled(
  url: string,
  { answer, accessToken: token }: UpstreamTokens,
  { fetch }: UpstreamDeps,
): Promise<Identity> {
  const { id: user } = readObject(answer.authed_user, 'slack_user');
  const { id: team } = readObject(answer.team, 'slack_team');
  const subject = subjectOf(team, user);
  const said = await askForObject(fetch, `${url}/api/auth.test`, 'slack_auth_test', { method: 'POST', token });
  if (said.ok !== true && OUT.includes(String(said.error))) throw new Unavailable('slack_auth_test_out');
  if (said.ok !== true || subject === undefined) throw new BadUpstreamAnswer('slack_auth_test');
  if (subjectOf(said.team_id, said.user_id) !== subject || said.bot_id !== undefined)
    throw new BadUpstreamAnswer('slack_other_user');
  return {
    subject,
    username: textOf(said.user) ?? String(user),
    tenant: String(team),
    memberships: { workspace: [String(team)] },
    claims: { team: said.team },
  };
}
