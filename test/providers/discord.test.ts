import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it, test } from 'vitest';
import { type DiscordOptions, discord } from '../../providers/discord.ts';
import { upstreamLaws } from '../contracts/upstream-laws.ts';
import { type FakeOpenid, fakeOpenid } from '../support/providers/fake-openid.ts';
import type { FakeAnswer, FakeUpstream } from '../support/providers/fake-upstream.ts';
import { onTrial } from '../support/providers/on-trial.ts';
import { authorize, refresh, signIn } from '../support/signed-in.ts';
import { startWorld } from '../support/world.ts';

const APP = { clientId: '159799960412356608', clientSecret: 'example-secret-of-discord' };
const ADA = '268473310986240001';
const limited: FakeAnswer = {
  status: 429,
  headers: { 'retry-after': '1' },
  body: { message: 'You are being rate limited.', retry_after: 0.64, global: false },
};

const account = ({ user: { sub: id, preferred_username: username, name, ...rest } }: FakeUpstream) => ({
  id,
  username,
  global_name: name,
  avatar: 'f749bb0cbeeb26ef21eca719337d20f1',
  discriminator: '0',
  ...rest,
});

const me = (fake: FakeUpstream, application: string, user: unknown = account(fake)): FakeAnswer => ({
  body: {
    application: { id: application, name: 'Fake', icon: null, bot_public: true },
    scopes: ['identify', 'email'],
    expires: '2126-08-27T10:00:00.017000+00:00',
    user,
  },
});

/** Discord's dialect: opaque tokens that it is asked about, a refresh token with each, and limits. */
const far = (options: DiscordOptions = {}): Promise<FakeOpenid> =>
  fakeOpenid({
    people: {
      ada: { sub: ADA, preferred_username: 'ada', name: 'Ada', email: 'ada@example.com', verified: true },
      grace: { sub: '268473310986240002', preferred_username: 'grace', email: 'grace@other.example', verified: true },
    },
    renamed: { preferred_username: 'renamed', name: 'Ada Lovelace' },
    unverified: { verified: false },
    tokens: { id_token: undefined, expires_in: 604_800, scope: 'identify email' },
    paths: { '/oauth2/authorize': '/authorize', '/api/oauth2/token': '/token', '/api/oauth2/token/revoke': '/revoke' },
    routes: (fake) => ({
      '/api/v10/oauth2/@me': ({ headers }) =>
        headers.authorization === undefined
          ? { status: 401, body: { message: '401: Unauthorized', code: 0 } }
          : me(fake, APP.clientId),
      '/api/v10/users/@me': () => ({ body: account(fake) }),
      '/api/v10/users/@me/guilds': () => ({ body: fake.user.sub === ADA ? [{ id: '4711', name: 'Acme' }] : [] }),
    }),
    outages: (fake) => ({
      'the API has had enough of us': () => fake.routes.set('/api/v10/oauth2/@me', () => limited),
      'the API answers 502': () => fake.routes.set('/api/v10/users/@me', () => ({ status: 502, body: '<html>' })),
      'the API stalls': () => fake.routes.set('/api/v10/users/@me', () => new Promise(() => undefined)),
    }),
    noIdToken: { otherApp: (fake) => fake.routes.set('/api/v10/oauth2/@me', () => me(fake, '159799960412356609')) },
    make: ({ issuer: url }) => discord({ ...APP, url, ...options }),
  });

describe('discord keeps the laws', () => {
  for (const law of upstreamLaws) it(law.title, () => law.check(() => far({ scopes: () => 'all' })));
});

describe('discord', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });

  test('whoever is in the guild signs in and refreshes, and nobody else', async () => {
    const { fake, provider, close } = await far({ allow: 'guild:4711' });
    open.push({ close });
    const world = await startWorld({ settings: { auth: provider } });
    open.push(world);
    const person = await signIn(world.url);
    expect(decodeJwt(person.access)).toMatchObject({ sub: `discord:${ADA}`, name: 'Ada', email: 'ada@example.com' });
    expect((await refresh(world.url, person.client, person.refresh)).status).toBe(200);
    const [asked] = fake.requests.filter(({ path }) => path === '/authorize');
    expect(asked?.query.get('scope')).toBe('identify email guilds');

    fake.routes.set('/api/v10/users/@me/guilds', () => ({ body: [{ id: '47110' }] }));
    expect((await authorize(world.url)).arrived.searchParams.get('error')).toBe('access_denied');
  });

  test('OP-01 a token of another app, of nobody or of somebody else signs nobody in', async () =>
    onTrial(await far({ allow: 'guild:4711' }), async ({ fake, heal }, { identify, failure }) => {
      const bad = [me(fake, 'another'), me(fake, APP.clientId, null), me(fake, APP.clientId, { id: '1' })];
      for (const answer of [...bad, { status: 401, body: { message: '401: Unauthorized', code: 0 } }]) {
        fake.routes.set('/api/v10/oauth2/@me', () => answer);
        expect(await failure(() => identify())).toBe('BadUpstreamAnswer');
      }
      heal();
      fake.routes.set('/api/v10/users/@me/guilds', () => ({ status: 403, body: { message: 'Missing', code: 50_001 } }));
      expect(await failure(() => identify())).toBe('BadUpstreamAnswer');
    }));

  test('every fault of its settings is told by variable', () => {
    const make =
      (environment: Record<string, string>, production = true) =>
      () =>
        discord().make(environment, { production });
    const whole = { DISCORD_CLIENT_ID: APP.clientId, DISCORD_CLIENT_SECRET: APP.clientSecret };
    expect(make({})).toThrow(/DISCORD_CLIENT_ID must be set[\s\S]*DISCORD_CLIENT_SECRET must be set/);
    expect(make(whole)).toThrow('DISCORD_ALLOW must say who may come in');
    expect(make({ ...whole, DISCORD_ALLOW: 'anyone' })()).toMatchObject({
      server: { authorization: 'https://discord.com/oauth2/authorize', token: 'https://discord.com/api/oauth2/token' },
    });
    expect(make(whole, false)()).toMatchObject({ name: 'discord' });
  });
});
