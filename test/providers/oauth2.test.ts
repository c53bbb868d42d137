import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type Oauth2Options, oauth2 } from '../../providers/oauth2.ts';
import { upstreamLaws } from '../contracts/upstream-laws.ts';
import { type FakeOpenid, fakeOpenid, OUR_APP } from '../support/providers/fake-openid.ts';
import { onTrial } from '../support/providers/on-trial.ts';
import { authorize, signIn } from '../support/signed-in.ts';
import { startWorld } from '../support/world.ts';

const person = (id: number, login: string) => ({
  id,
  login,
  mail: { address: `${login}@example.com`, confirmed: true },
});
const claims = {
  username: 'data.login',
  email: 'data.mail.address',
  emailVerified: 'data.mail.confirmed',
  groups: ({ data }: Readonly<Record<string, unknown>>) => (data as { readonly teams?: unknown }).teams,
};

/** A provider that knows no OpenID Connect and wraps its profiles. */
const far = (options: Oauth2Options = {}): Promise<FakeOpenid> =>
  fakeOpenid({
    people: { ada: { ...person(583_231, 'ada'), teams: ['staff'] }, grace: person(583_232, 'grace') },
    renamed: { login: 'renamed' },
    unverified: { mail: { address: 'ada@example.com', confirmed: false } },
    tokens: { id_token: undefined, scope: 'read' },
    routes: (fake) => ({ '/me': () => ({ body: { data: fake.user } }) }),
    outages: (fake) => ({
      'the profile answers 500': () => fake.routes.set('/me', () => ({ status: 500, body: '' })),
      'the profile is a page': () => fake.routes.set('/me', () => ({ body: '<h1>Back soon</h1>' })),
      'the profile has had enough of us': () => fake.routes.set('/me', () => ({ status: 429, body: '' })),
    }),
    noIdToken: {},
    make: ({ issuer, authorization = '', token = '' }) =>
      oauth2({
        ...OUR_APP,
        authorizationUrl: authorization,
        tokenUrl: token,
        userinfoUrl: `${issuer}/me`,
        subjectClaim: 'data.id',
        upstreamScopes: ['read'],
        claims,
        ...options,
      }),
  });

describe('oauth2 keeps the laws', () => {
  for (const law of upstreamLaws) it(law.title, () => law.check(() => far({ scopes: () => 'all' })));
});

describe('oauth2', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  test('a person of the group signs in, and nobody else', async () => {
    const { fake, provider, close } = await far({ name: 'acme', allow: 'group:staff' });
    open.push({ close });
    const world = await startWorld({ settings: { auth: provider } });
    open.push(world);
    const { access } = await signIn(world.url);
    expect(decodeJwt(access)).toMatchObject({ sub: 'acme:583231', email: 'ada@example.com' });

    fake.routes.set('/me', () => ({ body: { data: { ...person(583_231, 'ada'), teams: ['guests'] } } }));
    expect((await authorize(world.url)).arrived.searchParams.get('error')).toBe('access_denied');
  });

  test('a profile without the id, or with one that is none, signs nobody in', async () =>
    onTrial(await far(), async ({ fake }, { identify, failure }) => {
      const profiles = [{}, { data: null }, { data: { id: {} } }, { data: { id: 0.5 } }, { data: { id: '' } }, []];
      for (const body of [...profiles, { 'data.id': true }]) {
        fake.routes.set('/me', () => ({ body }));
        expect(await failure(() => identify()), JSON.stringify(body)).toBe('BadUpstreamAnswer');
      }
      fake.routes.set('/me', () => ({ status: 401, body: {} }));
      expect(await failure(() => identify())).toBe('BadUpstreamAnswer');
      fake.routes.set('/me', () => ({ body: { data: { id: 'u-1' } } }));
      expect(await identify()).toMatchObject({ subject: 'u-1', username: 'u-1' });
    }));

  test('a provider without scopes is asked for none', async () =>
    onTrial(await far({ upstreamScopes: [] }), async ({ fake }) => {
      const [asked] = fake.requests.filter(({ path }) => path === '/authorize');
      expect(asked?.query.has('scope')).toBe(false);
    }));

  test('no member of an object’s own making is an id', async () =>
    onTrial(await far({ subjectClaim: 'data.constructor.name' }), async () => undefined).then(
      () => expect.unreachable(),
      (error: unknown) => expect(error).toMatchObject({ name: 'BadUpstreamAnswer', reason: 'profile_subject' }),
    ));

  test('every fault of its settings is told by variable', () => {
    const make =
      (environment: Record<string, string>, options: Oauth2Options = {}) =>
      () =>
        oauth2(options).make(environment, { production: true });
    const whole = {
      OAUTH2_AUTHORIZATION_URL: 'https://id.example.com/oauth/authorize',
      OAUTH2_TOKEN_URL: 'https://id.example.com/oauth/token',
      OAUTH2_USERINFO_URL: 'https://api.example.com/me',
      OAUTH2_SUBJECT_CLAIM: 'id',
      OAUTH2_CLIENT_ID: 'an-app',
      OAUTH2_CLIENT_SECRET: 'an example',
    };
    for (const variable of Object.keys(whole)) {
      expect(make({ ...whole, [variable]: '', OAUTH2_ALLOW: 'anyone' })).toThrow(`${variable} must be set`);
    }
    expect(make(whole)).toThrow('OAUTH2_ALLOW must say who may come in');
    expect(make({ ...whole, OAUTH2_ALLOW: 'id:1' }, { claims: { email: 'mail' } })).toThrow(
      'claims.emailVerified must',
    );
    expect(make({ ...whole, OAUTH2_ALLOW: 'anyone' })()).toMatchObject({ title: 'id.example.com', openid: false });
  });
});
