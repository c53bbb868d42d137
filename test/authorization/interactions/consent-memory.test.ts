import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Browser, browser, type Landing } from '../support/browser.ts';
import { authorizeUrl, redeem, register } from '../support/client.ts';
import { startWorld, type World } from '../support/world.ts';
import {
  DESKTOP_CLIENT,
  documents,
  LOOPBACK_CALLBACK,
  OTHER_CALLBACK,
  WEB_CALLBACK,
  WEB_CLIENT,
} from './documented-client.ts';
import { approval, openPage, returned, visitConsent } from './visit.ts';

const client = { client_id: WEB_CLIENT };
const asked = { redirect_uri: WEB_CALLBACK, scope: 'notes:read notes:write' };
const own = { 'sec-fetch-site': 'none' };

/** Signs in and allows what is asked, once. */
async function allowOnce(world: World, changes: object = {}, who: { readonly client_id: string } = client) {
  const { as, page } = await visitConsent(world, { client: who, changes: { ...asked, ...changes } });
  const offered = [...page.html.matchAll(/name="scope" value="([^"]+)"/g)].map((match) => match[1] ?? '');
  await as.follow(await page.post('consent', approval(...offered)));
  return as;
}

const again = async (
  world: World,
  as: Browser,
  changes: object = {},
  headers: Record<string, string> = own,
  who: { readonly client_id: string } = client,
): Promise<Landing> => as.follow(await as.send(authorizeUrl(world, who, { ...asked, ...changes }), { headers }));

const askedAgain = (landing: Landing): boolean => landing.html.includes('Allow access to');

describe('a remembered consent', () => {
  let world: World;
  let as: Browser;
  beforeAll(async () => {
    world = await startWorld({ consent: 'remember', fetch: documents });
    as = await allowOnce(world);
  });
  afterAll(() => world.close());

  it.each(['none', 'same-origin', 'same-site'])('CO-07 spares the page when the browser says %s', async (site) => {
    const landing = await again(world, as, {}, { 'sec-fetch-site': site });
    const answer = await redeem(world, client, returned(landing).get('code') ?? '', { redirect_uri: WEB_CALLBACK });
    expect(answer.body).toMatchObject({ scope: 'notes:read notes:write' });
  });

  it.each([
    ['cross-site', { 'sec-fetch-site': 'cross-site' }],
    ['nothing', {}],
    ['something unknown', { 'sec-fetch-site': 'sideways' }],
  ])('CO-07 shows the page when the browser says %s', async (_what, headers) => {
    expect(askedAgain(await again(world, as, {}, headers))).toBe(true);
  });

  it('gives what is asked for now, and each time a grant of its own', async () => {
    const grants = [];
    for (let count = 0; count < 2; count += 1) {
      const landing = await again(world, as, { scope: 'notes:read' });
      const code = returned(landing).get('code') ?? '';
      const { body } = await redeem(world, client, code, { redirect_uri: WEB_CALLBACK });
      expect(body).toMatchObject({ scope: 'notes:read' });
      const principal = await world.authorization.verifier.verify(String(body.access_token), new URL(world.notes));
      grants.push(principal.claims.gid);
    }
    expect(grants[0]).not.toBe(grants[1]);
  });

  it.each([
    ['more scopes', { scope: 'notes:read notes:write notes:admin' }],
    ['another mount', { resource: 'math', scope: 'math:use' }],
    ['another redirect host', { redirect_uri: OTHER_CALLBACK }],
    ['prompt=consent', { prompt: 'consent' }],
  ])('CO-06 shows the page for %s', async (_what, changes) => {
    const resource = 'resource' in changes ? world.math : world.notes;
    expect(askedAgain(await again(world, as, { ...changes, resource }))).toBe(true);
  });

  it('CO-06 shows the page to another account, and after a sign-in', async () => {
    const fresh = await visitConsent(world, { client, changes: asked });
    expect(askedAgain(fresh.page)).toBe(true);
    const bob = await visitConsent(world, { client, changes: { ...asked, scope: 'notes:read' }, username: 'bob' });
    expect(askedAgain(await again(world, bob.as, { scope: 'notes:read' }))).toBe(true);
  });

  it('CO-06 shows the page after thirty days', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30 * 86_400_000 + 1000 });
    try {
      const { page } = await visitConsent(world, { client, changes: asked });
      expect(page.html).not.toContain('already allowed');
    } finally {
      vi.useRealTimers();
    }
  });

  it('CI-23 is never used for a client on this computer, whoever vouches for it', async () => {
    const desktop = { client_id: DESKTOP_CLIENT };
    const local = await allowOnce(world, { redirect_uri: LOOPBACK_CALLBACK }, desktop);
    const landing = await again(world, local, { redirect_uri: LOOPBACK_CALLBACK }, own, desktop);
    expect(askedAgain(landing)).toBe(true);
    expect(landing.html).toContain('already allowed');
  });

  it('CI-23 is never used for a client that nobody vouches for', async () => {
    const registered = await register(world, { redirect_uris: [WEB_CALLBACK] });
    const browserOf = await allowOnce(world, {}, registered);
    expect(askedAgain(await again(world, browserOf, {}, own, registered))).toBe(true);
  });
});

describe('a consent under the setting `always`', () => {
  it('is not skipped later, when the setting has become `remember`', async () => {
    const cautious = await startWorld({ consent: 'always', fetch: documents });
    const relaxed = await startWorld({ consent: 'remember', fetch: documents, twinOf: cautious });
    try {
      const first = await allowOnce(cautious);
      expect(askedAgain(await again(cautious, first))).toBe(true);
      const as = browser(relaxed.at);
      for (const [key, cookie] of first.jar) as.jar.set(key, cookie);
      const there = { ...relaxed, issuer: relaxed.at };
      const landing = await again(there, as);
      expect(landing.html).toContain('already allowed');
      const page = openPage(relaxed, as, landing);
      await as.follow(await page.post('consent', approval('notes:read', 'notes:write')));
      expect(returned(await again(there, as)).has('code')).toBe(true);
    } finally {
      await relaxed.close();
      await cautious.close();
    }
  });
});
