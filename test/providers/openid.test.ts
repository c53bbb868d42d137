import { decodeJwt } from 'jose';
import { afterEach, describe, expect, it, test } from 'vitest';
import { google } from '../../providers/google.ts';
import { oidc } from '../../providers/oidc.ts';
import { upstreamLaws } from '../contracts/upstream-laws.ts';
import { fakeOpenid, type OpenidDialect, OUR_APP, PEOPLE } from '../support/providers/fake-openid.ts';
import { authorize, signIn } from '../support/signed-in.ts';
import { startWorld } from '../support/world.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

async function start(dialect: OpenidDialect) {
  const far = await fakeOpenid(dialect);
  open.push(far);
  const world = await startWorld({ settings: { auth: far.provider } });
  open.push(world);
  return { fake: far.fake, far, url: world.url };
}

const renamed = { preferred_username: 'renamed', email: 'renamed@example.com', name: 'Renamed' };
const generic = (options: object = {}): OpenidDialect => ({
  people: PEOPLE,
  renamed,
  unverified: { email_verified: false },
  make: ({ issuer }) => oidc({ ...OUR_APP, issuer, ...options }),
});
const googled = (options: object = {}): OpenidDialect => ({
  people: {
    ada: { ...PEOPLE.ada, sub: '110169484474386276334', hd: 'example.com' },
    grace: { ...PEOPLE.grace, sub: '110169484474386276335' },
  },
  renamed,
  unverified: { email_verified: 'false' },
  make: (server) => google({ ...OUR_APP, server, ...options }),
});

/** A rule of one's own: what it says may change, so that people are asked about again. */
const everything = () => 'all' as const;

describe('oidc keeps the laws', () => {
  for (const law of upstreamLaws) it(law.title, () => law.check(() => fakeOpenid(generic({ scopes: everything }))));
});

describe('google keeps the laws', () => {
  for (const law of upstreamLaws) it(law.title, () => law.check(() => fakeOpenid(googled({ scopes: everything }))));
});

describe('oidc', () => {
  test('a person signs in at any OpenID provider; what the ID token leaves out is asked of userinfo, about the same person', async () => {
    const { fake, url } = await start(generic({ allow: 'group:staff' }));
    fake.idToken = { email: undefined, name: undefined };
    fake.routes.set('/authorize', () => {
      fake.user = { ...PEOPLE.ada, groups: ['staff'] };
      return undefined;
    });
    expect(decodeJwt((await signIn(url)).access)).toMatchObject({ sub: 'oidc:person-1', email: 'ada@example.com' });

    fake.routes.set('/userinfo', () => ({ body: { ...PEOPLE.grace, groups: ['staff'] } }));
    expect((await authorize(url)).arrived.searchParams.get('error')).toBe('server_error');
  });

  test('an address is verified by whoever says so of that very address', async () => {
    const { fake, url } = await start(generic({ allow: 'email:boss@example.com' }));
    const error = async () => (await authorize(url)).arrived.searchParams.get('error');
    fake.idToken = { email: 'boss@example.com', email_verified: undefined };
    expect(await error()).toBe('access_denied');

    fake.routes.set('/userinfo', () => ({ body: { ...PEOPLE.ada, email: 'boss@example.com' } }));
    expect(await error()).toBeNull();
  });

  test('whom no group lets in stays out, and its discovery document must be its own', async () => {
    const { fake, url } = await start(generic({ allow: 'group:staff' }));
    expect((await authorize(url)).arrived.searchParams.get('error')).toBe('access_denied');

    const other = await start(generic());
    fake.routes.clear();
    other.fake.routes.set('/.well-known/openid-configuration', () => ({
      body: { issuer: 'https://elsewhere.example' },
    }));
    await expect(authorize(other.url)).rejects.toThrow('The walk stopped at /interaction');
    other.far.heal();
    expect((await signIn(other.url)).access).toBeTruthy();
  });
});

describe('google', () => {
  test('OP-03 a workspace is told by its claim, not by the address; an address of it alone is not enough', async () => {
    const { fake, url } = await start(googled({ allow: 'workspace:example.com' }));
    const person = await signIn(url);
    expect(decodeJwt(person.access)).toMatchObject({ sub: 'google:110169484474386276334', gh_tenant: 'example.com' });

    fake.idToken = { hd: undefined };
    expect((await authorize(url)).arrived.searchParams.get('error')).toBe('access_denied');
    const [asked] = fake.requests.filter(({ path }) => path === '/authorize');
    expect(asked?.query.get('hd')).toBe('example.com');
    expect(asked?.query.has('access_type')).toBe(false);
  });

  test('a refresh token is asked for where tools need one', async () => {
    const { fake, url } = await start(googled({ upstreamScopes: ['https://www.googleapis.com/auth/drive.readonly'] }));
    await signIn(url);
    const [asked] = fake.requests.filter(({ path }) => path === '/authorize');
    expect(Object.fromEntries(asked?.query ?? [])).toMatchObject({ access_type: 'offline', prompt: 'consent' });
  });

  test('production wants to know who may come in', () => {
    const make = (production: boolean, allow?: string) => () =>
      google({ ...OUR_APP, ...(allow && { allow }) }).make({}, { production });
    expect(make(true)).toThrow('GOOGLE_ALLOW must say who may come in');
    expect(make(true, 'anyone')()).toMatchObject({ name: 'google' });
    expect(make(false)()).toMatchObject({ server: { issuer: 'https://accounts.google.com' } });
  });
});
