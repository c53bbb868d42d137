import type { ProviderFromSettings } from '../../../src/gate/provider-from-settings.ts';
import type { UpstreamProvider, UpstreamServer } from '../../../src/gate/upstream-provider.ts';
import type { UpstreamUnderTest } from '../../contracts/upstream-law.ts';
import { type FakeUpstream, fakeUpstream } from './fake-upstream.ts';
import { signInAt } from './sign-in-at.ts';

/** The app that fakes know. */
export const OUR_APP = { clientId: 'our-app.EXAMPLE', clientSecret: 'an example & a secret' };

/** Claims of the two people, under the names of OpenID. */
export type People = Readonly<Record<'ada' | 'grace', Record<string, unknown>>>;

/** What differs between OpenID providers. */
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
    'the keys are out': () => fake.routes.set('/jwks', () => ({ status: 503, body: '' })),
  };
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
    refuseApp: token(401, { error: 'invalid_client', error_description: 'The OAuth client was not found.' }),
    heal,
    endSignIn: () => fake.refreshTokens.clear(),
    answerForOtherApp: () => {
      fake.idToken = { ...fake.idToken, aud: 'another-app.EXAMPLE' };
    },
    close: () => fake.close(),
  };
}
