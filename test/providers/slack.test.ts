import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type SlackOptions, slack } from '../../providers/slack.ts';
import { upstreamLaws } from '../contracts/upstream-laws.ts';
import { type FakeOpenid, fakeOpenid, type OpenidDialect, OUR_APP } from '../support/providers/fake-openid.ts';
import type { FakeAnswer } from '../support/providers/fake-upstream.ts';
import { onTrial } from '../support/providers/on-trial.ts';
import { authorize, signIn } from '../support/signed-in.ts';
import { startWorld } from '../support/world.ts';

const claims = (user: string, team: string) => ({
  sub: user,
  'https://slack.com/user_id': user,
  'https://slack.com/team_id': team,
});
const people = {
  ada: { ...claims('U0ADA', 'T0FAKE'), name: 'Ada', email: 'ada@example.com', email_verified: true },
  // The same id in another workspace is somebody else.
  grace: { ...claims('U0ADA', 'T0OTHER'), name: 'Grace', email: 'grace@other.example', email_verified: true },
};
const WORDS = { invalid_grant: 'invalid_code', invalid_client: 'bad_client_secret' };
const no = (error: string): FakeAnswer => ({ body: { ok: false, error } });

/** Slack's dialect: every answer has the status 200, and scopes stand between commas. */
const base = (options: SlackOptions) => ({
  people,
  renamed: { name: 'Ada Lovelace', email: 'renamed@example.com' },
  refusal: (error: 'invalid_grant' | 'invalid_client') => no(WORDS[error]),
  make: ({ issuer: url }: { readonly issuer: string }) => slack({ ...OUR_APP, url, ...options }),
});

const openid = (options: SlackOptions = {}): OpenidDialect => ({
  ...base(options),
  unverified: { email_verified: false },
  tokens: { ok: true, state: '', scope: undefined, expires_in: undefined, refresh_token: undefined },
  refreshes: false,
  paths: {
    '/openid/connect/authorize': '/authorize',
    '/api/openid.connect.token': '/token',
    '/openid/connect/keys': '/jwks',
  },
  routes: (fake) => ({ '/api/openid.connect.userInfo': () => ({ body: { ok: true, ...fake.user } }) }),
  outages: (fake) => ({ 'it is out with 200': () => fake.routes.set('/token', () => no('internal_error')) }),
});

/** An app with user scopes and token rotation. */
const installed = (options: SlackOptions = {}): OpenidDialect => ({
  ...base({ upstreamScopes: ['search:read', 'users:read'], ...options }),
  noIdToken: {},
  tokens: { id_token: undefined, scope: 'search:read,users:read', token_type: 'user', expires_in: 43_200 },
  answer: (body, isRefresh, { user }) => {
    const about = { ok: true, app_id: 'A0FAKE', team: { id: user['https://slack.com/team_id'] }, enterprise: null };
    const own = { id: user.sub };
    return isRefresh ? { ...about, ...body, authed_user: own } : { ...about, authed_user: { ...own, ...body } };
  },
  paths: { '/oauth/v2/authorize': '/authorize', '/api/oauth.v2.access': '/token' },
  routes: (fake) => ({
    '/api/auth.test': () => ({
      body: {
        ok: true,
        team: 'Fake Team',
        user: fake.user.name,
        team_id: fake.user['https://slack.com/team_id'],
        user_id: fake.user.sub,
      },
    }),
  }),
  outages: (fake) => ({
    'the API is out with 200': () => fake.routes.set('/api/auth.test', () => no('fatal_error')),
    'the API has had enough of us': () =>
      fake.routes.set('/api/auth.test', () => ({ ...no('ratelimited'), status: 429 })),
  }),
});

describe('slack keeps the laws', () => {
  for (const law of upstreamLaws)
    it(law.title, () => law.check(() => fakeOpenid(openid({ allow: 'workspace:T0FAKE' }))));
});

describe('slack with user scopes keeps the laws', () => {
  for (const law of upstreamLaws)
    it(law.title, () => law.check(() => fakeOpenid(installed({ allow: 'workspace:T0FAKE' }))));
});

describe('slack', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  async function start(dialect: OpenidDialect): Promise<FakeOpenid & { readonly url: string }> {
    const far = await fakeOpenid(dialect);
    open.push(far);
    const world = await startWorld({ settings: { auth: far.provider } });
    open.push(world);
    return { ...far, url: world.url };
  }

  test('a person of the workspace signs in; the same user id in another workspace is somebody else, and stays out', async () => {
    const { fake, url } = await start(openid({ allow: 'workspace:T0FAKE' }));
    const { access } = await signIn(url);
    expect(decodeJwt(access)).toMatchObject({ sub: 'slack:T0FAKE:U0ADA', gh_tenant: 'T0FAKE', name: 'Ada' });
    const [asked] = fake.requests.filter(({ path }) => path === '/authorize');
    expect(Object.fromEntries(asked?.query ?? [])).toMatchObject({ team: 'T0FAKE', scope: 'openid profile email' });
    expect(asked?.query.has('code_challenge')).toBe(false);

    fake.idToken = people.grace;
    expect((await authorize(url)).arrived.searchParams.get('error')).toBe('access_denied');
  });

  test('user scopes bring the token of the person, never that of a bot', async () =>
    onTrial(await fakeOpenid(installed()), async ({ fake }, { tokens, identify, failure }) => {
      const given = await tokens();
      expect(given).toMatchObject({ scopes: ['search:read', 'users:read'], refreshToken: expect.any(String) });
      const [asked] = fake.requests.filter(({ path }) => path === '/authorize');
      expect(Object.fromEntries(asked?.query ?? [])).toMatchObject({ scope: '', user_scope: 'search:read,users:read' });

      fake.tokens = { ...fake.tokens, token_type: 'bot' };
      expect(await failure(() => tokens())).toBe('BadUpstreamAnswer');
      fake.tokens = { ...fake.tokens, token_type: 'user' };
      const other = { ok: true, user: 'mallory', team_id: 'T0FAKE', user_id: 'U0OTHER' };
      fake.routes.set('/api/auth.test', () => ({ body: other }));
      expect(await failure(() => identify())).toBe('BadUpstreamAnswer');
      fake.routes.set('/api/auth.test', () => no('invalid_auth'));
      expect(await failure(() => identify())).toBe('BadUpstreamAnswer');
    }));

  test('without a workspace and a user of Slack’s kind nobody has signed in', async () =>
    onTrial(await fakeOpenid(openid()), async ({ fake }, { identify, failure }) => {
      for (const claim of ['https://slack.com/team_id', 'https://slack.com/user_id']) {
        for (const value of [undefined, 'T0:U0', 7]) {
          fake.idToken = { [claim]: value };
          expect(await failure(() => identify())).toBe('BadUpstreamAnswer');
        }
      }
    }));

  test('every fault of its settings is told by variable', () => {
    const make =
      (options: SlackOptions, production = true) =>
      () =>
        slack({ ...OUR_APP, ...options }).make({}, { production });
    const upstreamScopes = ['search:read'];

    expect(() => slack().make({}, { production: false })).toThrow(
      /SLACK_CLIENT_ID must[\s\S]*SLACK_CLIENT_SECRET must/,
    );
    expect(make({})).toThrow('SLACK_ALLOW must say who may come in');
    expect(make({ upstreamScopes, allow: 'domain:example.com' })).toThrow('SLACK_ALLOW may have email:, domain: and');
    expect(make({ allow: 'anyone' })()).toMatchObject({
      server: { authorization: 'https://slack.com/openid/connect/authorize' },
    });
    expect(make({ upstreamScopes }, false)()).toMatchObject({
      server: { token: 'https://slack.com/api/oauth.v2.access' },
    });
  });
});
