import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { github } from '../../../providers/github.ts';
import { google } from '../../../providers/google.ts';
import { wishParameters } from '../../../src/authorization/upstream/sign-in-wishes.ts';
import type { UpstreamProvider, UpstreamWishes } from '../../../src/gate/upstream-provider.ts';
import { createCookieJar } from '../../support/cookie-jar.ts';
import { type Walker, walk } from '../../support/form-walker.ts';
import { exampleProvider } from '../../support/providers/example-provider.ts';
import { OUR_APP } from '../../support/providers/fake-openid.ts';
import { type FakeUpstream, fakeUpstream } from '../../support/providers/fake-upstream.ts';
import { authorizeUrl, CALLBACK, registerClient } from '../../support/signed-in.ts';
import { startWorld, type World } from '../../support/world.ts';

const ALL: UpstreamWishes = { prompt: 'login', maxAge: true, hint: 'login_hint' };
let fake: FakeUpstream;
let world: World | undefined;
beforeEach(async () => {
  fake = await fakeUpstream();
});
afterEach(async () => {
  await world?.close();
  world = undefined;
  await fake.close();
});

const now = () => Math.floor(Date.now() / 1000);

/** Signs in with these parameters of the client: what the provider was told, and what the client was answered. */
async function ask(wishes: UpstreamWishes | undefined, changes: Record<string, string>, how: Partial<Walker> = {}) {
  world ??= await startWorld({ settings: { auth: exampleProvider(fake, wishes && { wishes }) } });
  const client = await registerClient(world.url);
  const before = fake.count('/authorize');
  const arrived = await walk(authorizeUrl(world.url, client, changes), {
    ...{ username: 'ada', password: '', redirectUri: CALLBACK },
    ...how,
  });
  const [sent] = fake.requests.filter(({ path }) => path === '/authorize').slice(before);
  const told = ['prompt', 'max_age', 'login_hint'].flatMap((name) => {
    const value = sent?.query.get(name);
    return value === null || value === undefined ? [] : [[name, value]];
  });
  return { told: Object.fromEntries(told), error: arrived.searchParams.get('error') };
}

describe('what a client wishes of a sign-in', () => {
  test('reaches the provider that takes it, and nothing else does', async () => {
    fake.idToken = { auth_time: now() };
    expect(await ask(ALL, {})).toEqual({ told: {}, error: null });
    expect(await ask(ALL, { prompt: 'login', login_hint: 'ada@example.com' })).toEqual({
      told: { prompt: 'login', login_hint: 'ada@example.com' },
      error: null,
    });
    expect((await ask(ALL, { max_age: '600' })).told).toEqual({ max_age: '600' });
    expect((await ask(ALL, { max_age: '0' })).told).toEqual({ prompt: 'login', max_age: '0' });
    expect((await ask(ALL, { prompt: 'consent' })).told).toEqual({});
  });

  test('is not told to a provider that takes none', async () => {
    expect((await ask(undefined, { prompt: 'login', max_age: '5', login_hint: 'ada' })).told).toEqual({});
  });

  test('an age is met by asking again, where the provider knows no ages', async () => {
    expect((await ask({ prompt: 'login' }, { max_age: '600' })).told).toEqual({ prompt: 'login' });
  });

  test('AZ-16 a sign-in there that is older than max_age, or does not say its age, gives no code', async () => {
    fake.idToken = { auth_time: now() - 700 };
    expect(await ask(ALL, { max_age: '600' })).toMatchObject({ error: 'server_error' });
    fake.idToken = {};
    expect(await ask(ALL, { max_age: '600' })).toMatchObject({ error: 'server_error' });
    expect(world?.logged.filter((line) => line.includes('"reason":"auth_time"'))).toHaveLength(2);
    fake.idToken = { auth_time: now() - 500 };
    expect(await ask(ALL, { max_age: '600' })).toMatchObject({ error: null });
  });

  test('AZ-16 max_age is not met by a session of ours: who signs in elsewhere is sent there again', async () => {
    const jar = createCookieJar();
    fake.idToken = { auth_time: now() - 700 };
    expect(await ask(ALL, {}, { jar })).toMatchObject({ error: null });
    expect(await ask(ALL, {}, { jar })).toEqual({ told: {}, error: null });
    const again = await ask(ALL, { max_age: '600' }, { jar });
    expect(again).toEqual({ told: { max_age: '600' }, error: 'server_error' });
    fake.idToken = { auth_time: now() - 500 };
    expect(await ask(ALL, { max_age: '600' }, { jar })).toEqual({ told: { max_age: '600' }, error: null });
  });

  test('AZ-16 a sign-in from before prompt=login gives no code; a provider may keep its time to itself', async () => {
    fake.idToken = { auth_time: now() - 500 };
    expect(await ask(ALL, { prompt: 'login' })).toMatchObject({ error: 'server_error' });
    expect(await ask(ALL, {})).toMatchObject({ error: null });
    fake.idToken = {};
    expect(await ask(ALL, { prompt: 'login' })).toMatchObject({ error: null });
  });

  test('“Not you?” makes the provider ask again who is there', async () => {
    const jar = createCookieJar();
    await ask(ALL, {}, { jar });
    let switched = false;
    /** Presses “Not you?” in place of the first approval. */
    const press: typeof fetch = (input, init) => {
      const url = new URL(String(input));
      const here = !switched && init?.method === 'POST' && url.pathname.endsWith('/consent');
      if (here) url.pathname = url.pathname.replace(/consent$/, 'switch-account');
      switched ||= here;
      return fetch(url, init);
    };
    expect(await ask(ALL, {}, { jar, fetch: press })).toEqual({ told: { prompt: 'login' }, error: null });
    expect(switched).toBe(true);
  });
});

describe('the words of a provider', () => {
  const made = (provider: ReturnType<typeof github>): UpstreamProvider => {
    const one = provider.make({ GITHUB_ALLOW: 'anyone', GOOGLE_ALLOW: 'anyone' }, { production: false });
    if (one.kind !== 'upstream') throw new TypeError('not an upstream provider');
    return one;
  };
  const wished = { anew: true, hint: 'ada' };

  test('GitHub and Google let people choose an account again; Google keeps asking for its refresh token', () => {
    expect(wishParameters(made(github(OUR_APP)), wished)).toEqual({ prompt: 'select_account', login: 'ada' });
    expect(wishParameters(made(google(OUR_APP)), wished)).toEqual({ prompt: 'select_account', login_hint: 'ada' });
    const forTools = made(google({ ...OUR_APP, upstreamScopes: ['https://www.googleapis.com/auth/drive.readonly'] }));
    expect(wishParameters(forTools, wished).prompt).toBe('select_account consent');
  });
});
