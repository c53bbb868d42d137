import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { NotAdmitted, type UpstreamProvider } from '../../../src/gate/upstream-provider.ts';
import { createCookieJar } from '../../support/cookie-jar.ts';
import { exampleProvider } from '../../support/providers/example-provider.ts';
import { type FakeUpstream, fakeUpstream } from '../../support/providers/fake-upstream.ts';
import { authorize, refresh, signIn } from '../../support/signed-in.ts';
import { startWorld, type World } from '../../support/world.ts';

let fake: FakeUpstream;
const worlds: World[] = [];
beforeEach(async () => {
  fake = await fakeUpstream();
});
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
  await fake.close();
});

async function start(changes: Partial<UpstreamProvider> = {}): Promise<World> {
  const world = await startWorld({ settings: { auth: exampleProvider(fake, changes) } });
  worlds.push(world);
  return world;
}

describe('signing in at an identity provider', () => {
  test('a person consents here, signs in there and holds a token of ours', async () => {
    const { url } = await start();
    const person = await signIn(url);

    expect(decodeJwt(person.access)).toMatchObject({
      iss: url,
      sub: 'example:person-1',
      aud: `${url}/notes/mcp`,
      name: 'Ada',
      email: 'ada@example.com',
    });
    expect((await refresh(url, person.client, person.refresh)).status).toBe(200);
    const [asked] = fake.requests.filter(({ path }) => path === '/authorize');
    expect(Object.fromEntries(asked?.query ?? [])).toMatchObject({
      client_id: 'our-app',
      redirect_uri: `${url}/auth/callback/example`,
      scope: 'openid profile',
      code_challenge_method: 'S256',
    });
    expect(asked?.query.has('resource')).toBe(false);
  });

  test('CO-08 the consent comes before anything reaches the provider, also in a browser that is signed in there', async () => {
    const { url } = await start();
    const pages: string[] = [];
    await authorize(url, {
      onPage: ({ url: page, html }) => {
        pages.push(page.pathname);
        expect(html).toContain('Continue with Example ID');
        expect(fake.count('/authorize')).toBe(0);
      },
    });
    const denied = await authorize(url, { decision: 'deny' });

    expect(pages).toHaveLength(1);
    expect(denied.arrived.searchParams.get('error')).toBe('access_denied');
    expect(fake.count('/authorize')).toBe(1);
  });

  test('what was unticked before the sign-in is not granted after it', async () => {
    const { url } = await start();
    const { access } = await signIn(url, { scope: 'notes:read notes:write', untick: ['notes:write'] });

    expect(decodeJwt(access).scope).toBe('notes:read');
  });

  test('a second app in the same browser asks for consent alone', async () => {
    const { url } = await start();
    const jar = createCookieJar();
    await signIn(url, { jar });
    const second = await signIn(url, { jar });

    expect(decodeJwt(second.access).sub).toBe('example:person-1');
    expect(fake.count('/authorize')).toBe(1);
  });

  test('somebody who may not come in is turned away, and is not signed in here', async () => {
    const admitted = new Set(['person-1']);
    const { url } = await start({
      async identify({ idToken }) {
        if (!admitted.has(String(idToken?.sub))) throw new NotAdmitted('not_in_the_team');
        return { subject: String(idToken?.sub), username: 'somebody', claims: {} };
      },
    });
    fake.user = { sub: 'person-2' };
    const jar = createCookieJar();
    const { arrived } = await authorize(url, { jar });

    expect(Object.fromEntries(arrived.searchParams)).toMatchObject({ error: 'access_denied', iss: url });
    admitted.add('person-2');
    expect(decodeJwt((await signIn(url, { jar })).access).sub).toBe('example:person-2');
    expect(fake.count('/authorize')).toBe(2);
  });

  test('a person whom the rules no longer admit is given no more tokens', async () => {
    let open = true;
    const { url } = await start({ grants: () => (open ? 'all' : undefined) });
    const person = await signIn(url);
    open = false;

    expect(await refresh(url, person.client, person.refresh)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    open = true;
    expect((await signIn(url)).access).toBeTruthy();
  });
});
