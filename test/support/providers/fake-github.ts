import { type GithubOptions, github } from '../../../providers/github.ts';
import type { UpstreamProvider } from '../../../src/gate/upstream-provider.ts';
import type { UpstreamUnderTest } from '../../contracts/upstream-law.ts';
import { type FakeAnswer, type FakeUpstream, fakeUpstream } from './fake-upstream.ts';
import { made, signInAt } from './sign-in-at.ts';

export const GITHUB_APP = { clientId: 'Iv1.EXAMPLE', clientSecret: 'example-secret-of-github' };

interface Person {
  id: number;
  login: string;
  name: string;
  email: string;
  verified: boolean;
  orgs: readonly string[];
  teams: readonly string[];
}

/** GitHub's dialect: errors with 200, scopes between commas, form-encoded unless JSON is asked for, 403 without a user agent. */
export interface FakeGithub extends UpstreamUnderTest {
  readonly fake: FakeUpstream;
  readonly people: Readonly<Record<'ada' | 'grace', Person>>;
  /** Whether the app is a GitHub App whose tokens expire. */
  expiring: boolean;
  endSignIns(): void;
}

const failed = (error: string): FakeAnswer => ({
  body: { error, error_description: 'Told in words.', error_uri: 'https://docs.example' },
});
const badCredentials: FakeAnswer = { status: 401, body: { message: 'Bad credentials' } };

/** Starts a fake with a provider of ours that knows nothing else. */
export async function fakeGithub(options: GithubOptions = {}): Promise<FakeGithub> {
  const fake = await fakeUpstream();
  const people = {
    ada: {
      id: 583_231,
      login: 'octo-ada',
      name: 'Ada',
      email: 'ada@example.com',
      verified: true,
      orgs: ['acme'],
      teams: ['acme/devs'],
    },
    grace: {
      id: 583_232,
      login: 'octo-grace',
      name: 'Grace',
      email: 'grace@other.example',
      verified: true,
      orgs: [],
      teams: [],
    },
  };
  const codes = new Map<string, Person>();
  const tokens = new Map<string, { readonly person: Person; readonly app: string }>();
  const refreshTokens = new Map<string, Person>();
  let app = GITHUB_APP.clientId;
  let secret = GITHUB_APP.clientSecret;

  const issue = (person: Person): FakeAnswer => {
    const access_token = `gho_EXAMPLE${tokens.size}x`;
    tokens.set(access_token, { person, app });
    const refresh_token = `ghr_EXAMPLE${tokens.size}x`;
    if (subject.expiring) refreshTokens.set(refresh_token, person);
    const lifetime = { expires_in: 28_800, refresh_token, refresh_token_expires_in: 15_897_600, scope: '' };
    const body = {
      access_token,
      token_type: 'bearer',
      scope: 'read:user,user:email',
      ...(subject.expiring && lifetime),
    };
    return { body };
  };
  const holder = (authorization: unknown): Person | undefined =>
    tokens.get(String(authorization).replace('Bearer ', ''))?.person;
  const asked = (path: string, answer: (person: Person) => FakeAnswer) =>
    fake.routes.set(path, ({ headers }) => {
      if (headers['user-agent'] === undefined) return { status: 403, body: 'Request forbidden' };
      const person = holder(headers.authorization);
      return person === undefined ? badCredentials : answer(person);
    });

  function install(): void {
    fake.routes.clear();
    app = GITHUB_APP.clientId;
    secret = GITHUB_APP.clientSecret;
    fake.routes.set('/login/oauth/authorize', ({ query }) => {
      const code = made();
      codes.set(code, people[(query.get('login') as 'ada' | null) ?? 'ada']);
      return backTo(query, { code, iss: `${fake.url}/login/oauth` });
    });
    fake.routes.set('/login/oauth/access_token', ({ form, headers }) => {
      if (headers.accept !== 'application/json') throw new Error('GitHub would answer form-encoded.');
      if (form.get('client_secret') !== secret) return failed('incorrect_client_credentials');
      const [map, name, error] =
        form.get('grant_type') === 'refresh_token'
          ? ([refreshTokens, 'refresh_token', 'bad_refresh_token'] as const)
          : ([codes, 'code', 'bad_verification_code'] as const);
      const person = map.get(form.get(name) ?? '');
      map.delete(form.get(name) ?? '');
      return person === undefined ? failed(error) : issue(person);
    });
    fake.routes.set(`/api/v3/applications/${GITHUB_APP.clientId}/token`, async ({ headers, json }) => {
      const given = Buffer.from(String(headers.authorization).slice(6), 'base64').toString();
      if (given !== `${GITHUB_APP.clientId}:${secret}`) return badCredentials;
      const token = tokens.get(String((json as { access_token?: unknown }).access_token));
      if (token === undefined || token.app !== GITHUB_APP.clientId)
        return { status: 404, body: { message: 'Not Found' } };
      return {
        body: { id: 4711, scopes: [], app: { client_id: token.app }, user: userOf(token.person), expires_at: null },
      };
    });
    asked('/api/v3/user', (person) => ({
      body: userOf(person),
      headers: { 'x-oauth-scopes': 'read:user, user:email' },
    }));
    asked('/api/v3/user/emails', ({ email, verified }) => ({
      body: [
        { email: 'old@example.com', primary: false, verified: true },
        { email, primary: true, verified },
      ],
    }));
    asked('/api/v3/user/orgs', ({ orgs }) => ({ body: orgs.map((login) => ({ login })) }));
    asked('/api/v3/user/teams', ({ teams }) => ({
      body: teams.map((team) => ({ slug: team.split('/')[1], organization: { login: team.split('/')[0] } })),
    }));
  }

  const limited: FakeAnswer = {
    status: 403,
    headers: { 'x-ratelimit-remaining': '0' },
    body: { message: 'rate limit' },
  };
  const outages: Readonly<Record<string, () => unknown>> = {
    'the token endpoint answers 500': () =>
      fake.routes.set('/login/oauth/access_token', () => ({ status: 500, body: '' })),
    'the token endpoint stalls': () => fake.routes.set('/login/oauth/access_token', () => new Promise(() => undefined)),
    'the API has had enough of us': () => fake.routes.set('/api/v3/user', () => limited),
    'the API bids us wait': () =>
      fake.routes.set('/api/v3/user', () => ({ status: 403, headers: { 'retry-after': '60' }, body: {} })),
    ...(options.allow?.includes('org:') && {
      'the list of organisations has had enough of us': () => fake.routes.set('/api/v3/user/orgs', () => limited),
    }),
    'the API answers a page': () => fake.routes.set('/api/v3/user', () => ({ status: 200, body: '<h1>Unicorn!</h1>' })),
    'the check of the token answers 502': () =>
      fake.routes.set(`/api/v3/applications/${GITHUB_APP.clientId}/token`, () => ({ status: 502, body: '' })),
  };

  install();
  const subject: FakeGithub = {
    fake,
    people,
    expiring: false,
    provider: github({ ...GITHUB_APP, url: fake.url, allow: 'anyone', ...options }).make(
      {},
      { production: false },
    ) as UpstreamProvider,
    signIn: signInAt,
    rename: () => Object.assign(people.ada, { login: 'renamed-ada', name: 'Ada Lovelace' }),
    unverify: () => Object.assign(people.ada, { verified: false }),
    outages: Object.keys(outages),
    break: (way) => void outages[way]?.(),
    answerToken: ({ type, body }) =>
      void fake.routes.set('/login/oauth/access_token', () => ({ headers: { 'content-type': type }, body })),
    refuseApp: () => {
      secret = 'another';
    },
    answerForOtherApp: () => {
      app = 'Iv1.OTHER';
    },
    endSignIns: () => refreshTokens.clear(),
    heal: install,
    close: () => fake.close(),
  };
  return subject;
}

const userOf = ({ id, login, name }: Person) => ({
  id,
  login,
  name,
  email: null,
  type: 'User',
  avatar_url: `https://avatars.example/u/${id}`,
});

const backTo = (query: URLSearchParams, parameters: Readonly<Record<string, string>>): FakeAnswer => {
  const back = new URL(query.get('redirect_uri') ?? '');
  back.search = new URLSearchParams({ ...parameters, state: query.get('state') ?? '' }).toString();
  return { status: 302, headers: { location: back.href } };
};
