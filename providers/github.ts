import { ConfigError, Unavailable } from '../src/core/errors.ts';
import { readServerUrl } from '../src/core/server-url.ts';
import { required, text, type ValuesOf } from '../src/core/setting.ts';
import {
  type Admission,
  admission,
  admissionFault,
  asksFor,
  grantsTo,
  recheckIfMembers,
} from '../src/gate/admission.ts';
import { askApi, askForObject, readObject, textOf } from '../src/gate/provider-api.ts';
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
  clientId: { variable: 'GITHUB_CLIENT_ID', fallback: '', read: required(text, 'the client id of your GitHub app') },
  clientSecret: { variable: 'GITHUB_CLIENT_SECRET', fallback: '', read: required(text, 'a client secret of that app') },
  allow: { variable: 'GITHUB_ALLOW', fallback: '', read: admission('org', 'team') },
  url: { variable: 'GITHUB_URL', fallback: 'https://github.com', read: readServerUrl },
};

/** What is left out is read from the variable in brackets. */
export interface GithubOptions {
  /** Of an OAuth App or a GitHub App (GITHUB_CLIENT_ID). */
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** Who may come in: `anyone`, `org:acme`, `team:acme/devs`, `id:583231`, `domain:example.com`, between commas (GITHUB_ALLOW). */
  readonly allow?: string;
  /** A GitHub Enterprise host (GITHUB_URL). */
  readonly url?: string;
  /** Its API (default: by the host's kind). */
  readonly apiUrl?: string;
  /** Asked of GitHub beside what telling who signs in takes, such as `repo`. */
  readonly upstreamScopes?: readonly string[];
  /** Which of our scopes a person may hand out (default: all). */
  readonly scopes?: Grants;
}

/** People sign in with GitHub, at an OAuth App or GitHub App of yours. */
export const github = (options: GithubOptions = {}): ProviderFromSettings =>
  providerFromSettings({ name: 'github', settings, options, build: (values, mode) => build(options, values, mode) });

function build(
  options: GithubOptions,
  { clientId, clientSecret, allow, url }: ValuesOf<typeof settings>,
  { production }: ProviderMode,
): UpstreamProvider {
  const faults = admissionFault('GITHUB_ALLOW', allow, production);
  if (faults.length > 0) throw new ConfigError(faults);
  const api = options.apiUrl ?? apiOf(url);
  const asking = { api, clientId, clientSecret, allow };
  const groups = asksFor(allow, 'org', 'team');
  return {
    kind: 'upstream',
    name: 'github',
    title: 'GitHub',
    server: {
      issuer: `${url}/login/oauth`,
      authorization: `${url}/login/oauth/authorize`,
      token: `${url}/login/oauth/access_token`,
    },
    client: { id: clientId, method: 'post', secret: clientSecret },
    scopes: ['read:user', 'user:email', ...(groups ? ['read:org'] : []), ...(options.upstreamScopes ?? [])],
    openid: false,
    // It knows no way to make somebody sign in again.
    wishes: { prompt: 'select_account', hint: 'login' },
    quirks: {
      scopeSeparator: ',',
      errorsWith200: true,
      endedErrors: ['bad_refresh_token', 'bad_verification_code'],
    },
    identify: (tokens, deps) => identify(asking, tokens, deps),
    ...recheckIfMembers(allow, options.scopes, (tokens, _known, deps) => identify(asking, tokens, deps)),
    grants: grantsTo(allow, options.scopes),
  };
}

/** github.com, a data residency host, or a server of one's own. */
function apiOf(url: string): string {
  const { host, origin } = new URL(url);
  if (host === 'github.com') return 'https://api.github.com';
  return host.endsWith('.ghe.com') ? `https://api.${host}` : `${origin}/api/v3`;
}

interface Asking {
  readonly api: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly allow: Admission;
}

/** Of our own app only: GitHub itself is asked whose token it is, for `/user` answers any app's token. */
async function identify(
  asking: Asking,
  { accessToken: token }: UpstreamTokens,
  { fetch }: UpstreamDeps,
): Promise<Identity> {
  const { api, clientId, clientSecret, allow } = asking;
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString('base64');
  const check = await askForObject(fetch, `${api}/applications/${encodeURIComponent(clientId)}/token`, 'github_app', {
    method: 'POST',
    headers: { ...HEADERS, authorization: `Basic ${basic}` },
    json: { access_token: token },
  }).catch((error: unknown) => {
    // Our own credentials; of a token that it does not know it says 404.
    const ours = error instanceof BadUpstreamAnswer && error.reason === 'github_app_status_401';
    throw ours ? new Unavailable('provider_refused_our_app', error) : error;
  });
  const { id } = readObject(check.user, 'github_user');
  if (readObject(check.app, 'github_app').client_id !== clientId) throw new BadUpstreamAnswer('github_other_app');
  if (!Number.isSafeInteger(id)) throw new BadUpstreamAnswer('github_user_id');
  const user = await askForObject(fetch, `${api}/user`, 'github_user', { token, headers: HEADERS });
  const login = textOf(user.login);
  if (user.id !== id || login === undefined) throw new BadUpstreamAnswer('github_other_user');
  const name = textOf(user.name);
  const email = await emailOf(api, token, fetch);
  return {
    subject: String(id),
    username: login,
    ...(name !== undefined && { name }),
    ...(email !== undefined && { email }),
    memberships: {
      ...(asksFor(allow, 'org') && { org: await names(fetch, `${api}/user/orgs`, token, ({ login }) => login) }),
      ...(asksFor(allow, 'team') && { team: await names(fetch, `${api}/user/teams`, token, teamName) }),
    },
    claims: { login, avatar_url: user.avatar_url, html_url: user.html_url },
  };
}

const HEADERS = { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' };

/** The primary address, if it is verified and this token may see it. */
async function emailOf(api: string, token: string, fetch: typeof globalThis.fetch): Promise<string | undefined> {
  const answer = await askApi(fetch, `${api}/user/emails`, 'github_emails', {
    token,
    headers: HEADERS,
    absent: [403, 404],
  });
  const emails = Array.isArray(answer?.body) ? answer.body : [];
  const primary = emails.find((each) => each?.primary === true && each.verified === true);
  return textOf(primary?.email);
}

const teamName = ({ slug, organization }: Readonly<Record<string, unknown>>): unknown =>
  `${readObject(organization, 'github_teams').login}/${String(slug)}`;

/** Every page of a list. A token that may not see it belongs to no group, as far as we can tell. */
async function names(
  fetch: typeof globalThis.fetch,
  url: string,
  token: string,
  nameOf: (entry: Readonly<Record<string, unknown>>) => unknown,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (let page = 1; page <= 20; page += 1) {
    const request = { token, headers: HEADERS, absent: [403, 404] };
    const answer = await askApi(fetch, `${url}?per_page=100&page=${page}`, 'github_groups', request);
    const entries = Array.isArray(answer?.body) ? answer.body : [];
    for (const entry of entries) found.push(String(nameOf(readObject(entry, 'github_groups'))));
    if (entries.length < 100) break;
  }
  return found;
}
