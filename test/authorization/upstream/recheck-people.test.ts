import { afterEach, describe, expect, it, test } from 'vitest';
import { cognito } from '../../../providers/cognito.ts';
import { oidc } from '../../../providers/oidc.ts';
import { identities } from '../../../src/authorization/upstream/identities.ts';
import { recheckPeople } from '../../../src/authorization/upstream/recheck-people.ts';
import { InvalidToken, Unavailable } from '../../../src/core/errors.ts';
import { silentLog } from '../../../src/core/log.ts';
import { BadUpstreamAnswer, type Identity, NotAdmitted } from '../../../src/gate/upstream-provider.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { createCookieJar } from '../../support/cookie-jar.ts';
import { exampleProvider } from '../../support/providers/example-provider.ts';
import { fakeGithub } from '../../support/providers/fake-github.ts';
import { OUR_APP } from '../../support/providers/fake-openid.ts';
import { type FakeUpstream, fakeUpstream } from '../../support/providers/fake-upstream.ts';
import { authorize, refresh, signIn } from '../../support/signed-in.ts';
import { startWorld } from '../../support/world.ts';

const ADA: Identity = { subject: '1', username: 'ada', memberships: { org: ['acme'] }, claims: {} };
const GONE: Identity = { ...ADA, memberships: { org: [] } };
const TOKEN = { accessToken: 'a-live-one', scopes: [] };

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** Somebody of the organisation acme, at a time that can be moved; `answer` is what their provider then says of them. */
async function somebody(rules: { readonly after: number; readonly grace: number } = { after: 100, grace: 50 }) {
  const state = { now: 1000, asked: 0, since: 0, token: TOKEN as typeof TOKEN | undefined };
  let answer = async (): Promise<Identity> => ADA;
  const clock = () => state.now;
  const store = memoryStore({ clock });
  const fake = { url: 'https://id.test' } as FakeUpstream;
  const provider = exampleProvider(fake, {
    renewsIdToken: true,
    grants: ({ memberships }) => (memberships?.org?.includes('acme') ? 'all' : undefined),
  });
  const people = identities({ store, clock, life: 100_000, providers: [provider] });
  const node = () =>
    recheckPeople({
      ...{ ...rules, identities: people, clock, log: silentLog },
      credentials: {
        current: async (_, since = 0) => {
          state.since = since;
          return state.token;
        },
        forget: async () => {
          state.token = undefined;
        },
      },
      upstreams: new Map([
        [
          'example',
          {
            provider,
            recheck: async () => {
              state.asked += 1;
              return answer();
            },
          },
        ],
      ]),
    });
  await people.keep(provider, ADA);
  const recheck = node();
  return {
    state,
    says: (next: () => Promise<Identity>) => {
      answer = next;
    },
    /** Asked about at a time: whether they still have an account. */
    async at(now: number) {
      state.now = now;
      await recheck('example:1');
      return (await people.find('example:1')) !== undefined;
    },
    recheck: () => recheck('example:1'),
  };
}

describe('somebody who has signed in elsewhere', () => {
  it('is asked about again once that is due, once for many, and lets be until it is due anew', async () => {
    const { state, at, recheck } = await somebody();
    expect(await at(1099)).toBe(true);
    expect(state.asked).toBe(0);
    state.now = 1100;
    await Promise.all([recheck(), recheck(), recheck()]);
    expect(await at(1199)).toBe(true);
    expect(state.asked).toBe(1);
    expect(await at(1200)).toBe(true);
    expect(state.asked).toBe(2);
  });

  it('is asked about by an ID token of this moment: one that a tool has had made before counts for nothing', async () => {
    const { state, at } = await somebody({ after: 3600, grace: 50 });
    expect(await at(4600)).toBe(true);
    expect(state.since).toBe(4540);
  });

  it('has no account once they have left, also while the provider is out afterwards, and has one again on their return', async () => {
    const { says, at } = await somebody();
    says(async () => GONE);
    expect(await at(1100)).toBe(false);
    says(() => Promise.reject(new Unavailable('provider_timed_out')));
    expect(await at(1210)).toBe(false);
    says(async () => ADA);
    expect(await at(1241)).toBe(true);
  });

  it.each([
    ['the provider takes their token no more', new BadUpstreamAnswer('github_app_status_404')],
    ['they may not come in', new NotAdmitted('not_in_the_team')],
    ['their sign-in there has ended', new InvalidToken('upstream_sign_in_ended')],
  ])('has no account where %s', async (_what, error) => {
    const { state, says, at } = await somebody();
    says(() => Promise.reject(error));
    expect(await at(1099)).toBe(true);
    expect(await at(1100)).toBe(false);
    expect(state.token, 'nothing of theirs is kept').toBeUndefined();
  });

  it('has no account where the provider tells of somebody else', async () => {
    const { says, at } = await somebody();
    says(async () => ({ ...ADA, subject: '2' }));
    expect(await at(1100)).toBe(false);
  });

  it('stays who they were while the provider is out, for the grace; then it is an outage and no end, and heals', async () => {
    const { state, says, at } = await somebody();
    says(() => Promise.reject(new Unavailable('provider_timed_out')));
    expect(await at(1100)).toBe(true);
    expect(await at(1110)).toBe(true);
    expect(state.asked).toBe(1);
    expect(await at(1149)).toBe(true);
    expect(state.asked).toBe(2);
    await expect(at(1150)).rejects.toMatchObject({ status: 503 });
    says(async () => ADA);
    expect(await at(1180)).toBe(true);
  });

  it('stays who they were where nobody can be asked in their name, and where asking is switched off', async () => {
    const { state, says, at } = await somebody();
    says(async () => GONE);
    state.token = undefined;
    expect(await at(5000)).toBe(true);
    const off = await somebody({ after: 0, grace: 0 });
    off.says(async () => GONE);
    expect(await off.at(50_000)).toBe(true);
    state.token = TOKEN;
    expect(await at(5001)).toBe(false);
  });
});

describe('a host whose people sign in at an OpenID provider', () => {
  /** Ada of the group staff, whose membership stands in ID tokens alone. */
  async function start(make: (far: FakeUpstream) => ReturnType<typeof oidc>) {
    const far = await fakeUpstream();
    open.push(far);
    far.user = { ...far.user, groups: ['staff'], 'cognito:groups': ['staff'], token_use: 'id' };
    for (const [path, own] of Object.entries(COGNITO)) far.aliases.set(path, own);
    far.routes.set('/userinfo', () => ({ body: { sub: 'person-1' } }));
    let ahead = 0;
    const clock = () => Math.floor(Date.now() / 1000) + ahead;
    const settings = { auth: make(far), clock, recheckAfter: 20, recheckGrace: 10 };
    const world = await startWorld({ settings });
    open.push(world);
    const later = () => {
      ahead += 21;
    };
    return { far, url: world.url, later };
  }
  const COGNITO = {
    '/oauth2/authorize': '/authorize',
    '/oauth2/token': '/token',
    '/.well-known/jwks.json': '/jwks',
  };

  test.each<[string, (far: FakeUpstream) => ReturnType<typeof oidc>]>([
    ['oidc', ({ url }) => oidc({ ...OUR_APP, issuer: url, allow: 'group:staff' })],
    [
      'cognito',
      ({ url }) =>
        cognito({ ...OUR_APP, userPoolId: 'eu-central-1_FAKE', domain: url, issuer: url, allow: 'group:staff' }),
    ],
  ])('OP-03 %s: who has left a group that stands in ID tokens alone gets no more tokens', async (_name, make) => {
    const { far, url, later } = await start(make);
    const person = await signIn(url);
    later();
    const renewed = await refresh(url, person.client, person.refresh);
    expect(renewed.status).toBe(200);
    expect(far.requests.filter(({ form }) => form.get('grant_type') === 'refresh_token')).toHaveLength(1);

    far.user = { ...far.user, groups: [], 'cognito:groups': [] };
    later();
    const left = await refresh(url, person.client, String(renewed.body.refresh_token));
    expect(left).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  test('RF-13 a provider that renews nothing for now takes nobody out, until the grace is over', async () => {
    const { far, url, later } = await start(({ url: issuer }) => oidc({ ...OUR_APP, issuer, allow: 'group:staff' }));
    const person = await signIn(url);
    far.routes.set('/token', () => ({ status: 503, body: '' }));
    later();
    const within = await refresh(url, person.client, person.refresh);
    expect(within.status).toBe(200);
    later();
    expect((await refresh(url, person.client, String(within.body.refresh_token))).status).toBe(503);
    far.routes.delete('/token');
    later();
    later();
    expect((await refresh(url, person.client, String(within.body.refresh_token))).status).toBe(200);
  });
});

describe('a host whose people sign in elsewhere', () => {
  async function start() {
    const far = await fakeGithub({ allow: 'org:acme' });
    open.push(far);
    let ahead = 0;
    const clock = () => Math.floor(Date.now() / 1000) + ahead;
    const settings = { auth: far.provider, clock, recheckAfter: 20, recheckGrace: 10 };
    const world = await startWorld({ settings });
    open.push(world);
    const later = (seconds: number) => {
      ahead += seconds;
    };
    return { far, url: world.url, logged: world.logged, later };
  }

  test('OP-03 somebody who has left the organisation gets no more tokens, nor another app in their name; whoever stays does', async () => {
    const { far, url, logged, later } = await start();
    const jar = createCookieJar();
    const person = await signIn(url, { jar });
    later(21);
    const renewed = await refresh(url, person.client, person.refresh);
    expect(renewed.status).toBe(200);

    far.people.ada.orgs = [];
    later(21);
    const { arrived } = await authorize(url, { jar });
    expect(arrived.searchParams.get('error')).toBe('access_denied');
    expect(await refresh(url, person.client, String(renewed.body.refresh_token))).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect(logged.some((line) => line.includes('no_longer_admitted'))).toBe(true);
    far.people.ada.orgs = ['acme'];
    expect((await signIn(url)).access).toBeTruthy();
  });

  test('RF-13 while GitHub is out a refresh is 503 after the grace, ends nothing, and heals', async () => {
    const { far, url, later } = await start();
    const person = await signIn(url);
    far.break('the API has had enough of us');
    later(21);
    const within = await refresh(url, person.client, person.refresh);
    expect(within.status).toBe(200);
    later(31);
    const token = String(within.body.refresh_token);
    expect((await refresh(url, person.client, token)).status).toBe(503);
    far.heal();
    later(31);
    expect((await refresh(url, person.client, token)).status).toBe(200);
  });
});
