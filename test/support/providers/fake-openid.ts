import type { ProviderFromSettings } from '../../../src/gate/provider-from-settings.ts';
import type { UpstreamProvider, UpstreamServer } from '../../../src/gate/upstream-provider.ts';
import type { UpstreamUnderTest } from '../../contracts/upstream-law.ts';
import { type FakeAnswer, type FakeRoute, type FakeUpstream, fakeUpstream } from './fake-upstream.ts';
import { signInAt } from './sign-in-at.ts';

/** The app that fakes know. */
export const OUR_APP = { clientId: 'our-app.EXAMPLE', clientSecret: 'an example & a secret' };

/** Claims of the two people, under the names of OpenID. */
export type People = Readonly<Record<'ada' | 'grace', Record<string, unknown>>>;

/** What differs between providers. */
export interface OpenidDialect {
  readonly people: People;
  /** Claims that change when a person is renamed. */
  readonly renamed: Readonly<Record<string, unknown>>;
  /** Claims of an address that is not verified; left out where there is no such thing. */
  readonly unverified?: Readonly<Record<string, unknown>>;
  /** More for each token answer. */
  readonly tokens?: Readonly<Record<string, unknown>>;
  /** More for each ID token of the fake at `url`. */
  readonly idToken?: (url: string) => Readonly<Record<string, unknown>>;
  /** Other paths of /authorize, /token, /jwks and the like. */
  readonly paths?: Readonly<Record<string, string>>;
  /** Endpoints that it has beside. */
  readonly routes?: (fake: FakeUpstream) => Readonly<Record<string, FakeRoute>>;
  /** More ways of being out. */
  readonly outages?: (fake: FakeUpstream) => Readonly<Record<string, () => unknown>>;
  /** Makes its own dialect of a token answer. */
  readonly answer?: (body: Readonly<Record<string, unknown>>, isRefresh: boolean, fake: FakeUpstream) => unknown;
  /** How it says no, by the code of the standard. */
  readonly refusal?: (error: 'invalid_grant' | 'invalid_client') => FakeAnswer;
  /** False where no refresh token comes with a sign-in. */
  readonly refreshes?: false;
  /** Where no ID token says whose the tokens are: puts those of another app in their place, if it can be asked. */
  readonly noIdToken?: { readonly otherApp?: (fake: FakeUpstream) => void };
  make(server: UpstreamServer): ProviderFromSettings;
}

/** A fake OpenID provider with a provider of ours. */
export interface FakeOpenid extends UpstreamUnderTest {
  readonly fake: FakeUpstream;
}

/** The two people that every fake has, where nothing else is said. */
export const PEOPLE: People = {
  ada: { sub: 'person-1', name: 'Ada', preferred_username: 'ada', email: 'ada@example.com', email_verified: true },
  grace: {
    sub: 'person-2',
    name: 'Grace',
    preferred_username: 'grace',
    email: 'grace@other.example',
    email_verified: true,
  },
};

const standardRefusal = (error: string): FakeAnswer => ({
  status: error === 'invalid_client' ? 401 : 400,
  body: { error, error_description: 'Told in words.' },
});

/** Starts one of a dialect. Whoever comes with `login=grace` is grace; all others are ada. */
export async function fakeOpenid(dialect: OpenidDialect): Promise<FakeOpenid> {
  const fake = await fakeUpstream();
  const people = { ada: { ...dialect.people.ada }, grace: { ...dialect.people.grace } };
  const server = {
    issuer: fake.url,
    authorization: `${fake.url}/authorize`,
    token: `${fake.url}/token`,
    jwks: `${fake.url}/jwks`,
    userinfo: `${fake.url}/userinfo`,
  };
  const heal = () => {
    fake.routes.clear();
    fake.idToken = dialect.idToken?.(fake.url) ?? {};
    fake.tokens = dialect.tokens ?? {};
    for (const [path, route] of Object.entries(dialect.routes?.(fake) ?? {})) fake.routes.set(path, route);
    fake.routes.set('/authorize', ({ query }) => {
      fake.user = people[query.get('login') === 'grace' ? 'grace' : 'ada'];
      return undefined;
    });
  };
  const token = (status: number, body: unknown) => () => fake.routes.set('/token', () => ({ status, body }));
  const outages: Readonly<Record<string, () => unknown>> = {
    'the token endpoint answers 500': token(500, { error: 'server_error' }),
    'the token endpoint answers a page': token(502, '<h1>Bad gateway</h1>'),
    'the token endpoint has had enough of us': token(429, { error: 'slow_down' }),
    'the token endpoint stalls': () => fake.routes.set('/token', () => new Promise(() => undefined)),
    ...(dialect.noIdToken === undefined && {
      'the keys are out': () => fake.routes.set('/jwks', () => ({ status: 503, body: '' })),
    }),
    ...dialect.outages?.(fake),
  };
  const refusal = dialect.refusal ?? standardRefusal;
  fake.refusal = refusal('invalid_grant');
  fake.dialect = (body, isRefresh) => dialect.answer?.(body, isRefresh, fake) ?? body;
  for (const [path, own] of Object.entries(dialect.paths ?? {})) fake.aliases.set(path, own);
  heal();
  return {
    fake,
    provider: dialect.make(server).make({}, { production: false }) as UpstreamProvider,
    signIn: signInAt,
    rename: () => Object.assign(people.ada, dialect.renamed),
    ...(dialect.unverified && { unverify: () => Object.assign(people.ada, dialect.unverified) }),
    outages: Object.keys(outages),
    break: (way) => void outages[way]?.(),
    answerToken: ({ type, body }) =>
      void fake.routes.set('/token', () => ({ headers: { 'content-type': type }, body })),
    refuseApp: () => fake.routes.set('/token', () => refusal('invalid_client')),
    heal,
    ...(dialect.refreshes !== false && { endSignIn: () => fake.refreshTokens.clear() }),
    ...otherApp(dialect, fake),
    close: () => fake.close(),
  };
}

function otherApp({ noIdToken }: OpenidDialect, fake: FakeUpstream): Pick<UpstreamUnderTest, 'answerForOtherApp'> {
  if (noIdToken === undefined)
    return { answerForOtherApp: () => void Object.assign(fake, { idToken: { ...fake.idToken, aud: 'another-app' } }) };
  const { otherApp } = noIdToken;
  return otherApp === undefined ? {} : { answerForOtherApp: () => otherApp(fake) };
}
