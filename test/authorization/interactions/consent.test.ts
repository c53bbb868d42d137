import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordingLog } from '../../store/recording-log.ts';
import type { Browser } from '../support/browser.ts';
import { redeem } from '../support/client.ts';
import { startWorld, type World } from '../support/world.ts';
import { approval, credentials, openPage, returned, type Visit, visit, visitConsent } from './visit.ts';

const BOTH = { scope: 'notes:read notes:write' };

describe('the consent page', () => {
  const { log, lines } = recordingLog();
  let world: World;
  let from = 0;
  let alice: Browser;
  beforeAll(async () => {
    world = await startWorld({ log });
    alice = (await visitConsent(world)).as;
  });
  /** The consent page of a new request, in the browser where alice is signed in. */
  const ask = (given: Partial<Visit> = {}) => visitConsent(world, { as: alice, ...given });
  afterAll(() => world.close());
  beforeEach(() => {
    from = lines.length;
  });
  const events = (name: string) =>
    lines
      .slice(from)
      .filter(([event]) => event === name)
      .map(([, fields]) => fields);
  const tokenFor = async (client: { client_id: string }, parameters: URLSearchParams) =>
    (await redeem(world, client, parameters.get('code') ?? '')).body;

  it('gives what is ticked, and no more', async () => {
    const { as, client, page } = await ask({ changes: BOTH });
    expect(page.html.match(/name="scope" value="[^"]+" checked/g)).toHaveLength(2);
    const parameters = returned(await as.follow(await page.post('consent', approval('notes:read'))));
    expect(await tokenFor(client, parameters)).toMatchObject({ scope: 'notes:read' });
  });

  it.each([
    ['without a token', async () => undefined],
    ['with a made-up token', async () => 'x'.repeat(43)],
    ['with the token of another request', async () => (await ask()).page.token],
    ['with the token of the sign-in page', async () => (await visit(world)).page.token],
  ])('CO-01 refuses a decision %s; the right one still counts', async (_what, tokenOf) => {
    const { as, page } = await ask();
    const refused = await page.post('consent', approval('notes:read'), { token: await tokenOf() });
    expect(refused.status).toBe(403);
    expect(events('consent_granted')).toEqual([]);
    expect(returned(await as.follow(await page.post('consent', approval('notes:read')))).has('code')).toBe(true);
  });

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['a cross-site navigation', { 'sec-fetch-site': 'cross-site' }],
  ])('CO-01 refuses a decision posted from %s; the right one still counts', async (_what, headers) => {
    const { as, page } = await ask();
    expect((await page.post('consent', approval('notes:read'), { headers })).status).toBe(403);
    expect(returned(await as.follow(await page.post('consent', approval('notes:read')))).has('code')).toBe(true);
  });

  it('CO-02 takes one of twenty decisions sent together, and none after it', async () => {
    const { as, page } = await ask();
    const answers = await Promise.all(Array.from({ length: 20 }, () => page.post('consent', approval('notes:read'))));
    const taken = answers.filter(({ status }) => status === 303);
    expect(taken).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 409 || status === 410)).toHaveLength(19);
    expect((await page.post('consent', approval('notes:read'))).status).toBe(410);
    for (const landing of taken) expect(returned(await as.follow(landing)).has('code')).toBe(true);
    expect((await page.post('consent', approval('notes:read'))).status).toBe(410);
    expect(events('consent_granted')).toHaveLength(1);
  });

  it('CO-02 makes one code of twenty that resume together', async () => {
    const { as, page } = await ask();
    const { location = '' } = await page.post('consent', approval('notes:read'));
    const resumed = await Promise.all(Array.from({ length: 20 }, () => as.send(location)));
    const codes = resumed.filter((landing) => landing.location !== undefined && returned(landing).has('code'));
    expect(codes).toHaveLength(1);
  });

  it('CO-04 takes client, mount, redirect, account and state from the stored request, whatever is posted', async () => {
    const { as, client, page } = await ask({ changes: { state: 'mine' } });
    const tampered = await page.post('consent', [
      ...approval('notes:read', 'notes:write', 'notes:admin', 'math:use'),
      ['client_id', 'client_other'],
      ['redirect_uri', 'https://evil.example/callback'],
      ['resource', world.math],
      ['user', 'user_other'],
      ['state', 'theirs'],
    ]);
    const landing = await as.follow(tampered);
    expect(landing.location).toMatch(/^http:\/\/127\.0\.0\.1:49152\/callback\?/);
    expect(returned(landing).get('state')).toBe('mine');
    const token = await tokenFor(client, returned(landing));
    expect(token).toMatchObject({ scope: 'notes:read' });
    const principal = await world.authorization.verifier.verify(String(token.access_token), new URL(world.notes));
    expect(principal.subject).toBe((await world.authorization.accounts.named('alice'))?.subject);
    expect(principal.clientId).toBe(client.client_id);
  });

  it('CO-05 sends a denial back with state and issuer, and remembers nothing of it', async () => {
    const { as, client, page } = await ask();
    const parameters = returned(
      await as.follow(
        await page.post('consent', [
          ['scope', 'notes:read'],
          ['decision', 'deny'],
        ]),
      ),
    );
    expect(Object.fromEntries(parameters)).toMatchObject({
      error: 'access_denied',
      state: 'a state',
      iss: world.issuer,
    });
    expect(parameters.has('code')).toBe(false);
    expect(events('consent_denied')).toEqual([
      expect.objectContaining({ audit: true, client: client.client_id, resource: world.notes, reason: 'denied' }),
    ]);
    expect((await page.post('consent', approval('notes:read'))).status).toBe(410);
    const again = await ask({ client });
    expect(again.page.html).not.toContain('already allowed');
  });

  it('asks again when no box is ticked, and when no button was pressed', async () => {
    const { as, page } = await ask({ changes: BOTH });
    const none = await page.post('consent', approval());
    expect(none.status).toBe(400);
    expect(none.html).toContain('Choose at least one of the permissions, or deny.');
    expect((await page.post('consent', [['scope', 'notes:read']])).status).toBe(400);
    expect(returned(await as.follow(await page.post('consent', approval('notes:write')))).has('code')).toBe(true);
  });

  it('offers only what the account may hand out', async () => {
    const { as, client, page } = await visitConsent(world, { username: 'bob', changes: BOTH });
    expect(page.html).toContain('value="notes:read"');
    expect(page.html).not.toContain('notes:write');
    expect(page.html).toContain('not yours to allow: Write notes.');
    const parameters = returned(await as.follow(await page.post('consent', approval('notes:read', 'notes:write'))));
    expect(await tokenFor(client, parameters)).toMatchObject({ scope: 'notes:read' });
  });

  it('says so when the account may hand out nothing of it, and goes back with access_denied only', async () => {
    const { as, page } = await visitConsent(world, { username: 'bob', changes: { scope: 'notes:write' } });
    expect(page.html).toContain('You cannot give this access');
    expect(page.html).not.toContain('value="approve"');
    const parameters = returned(await as.follow(await page.post('consent', approval('notes:write'))));
    expect(parameters.get('error')).toBe('access_denied');
  });

  it('CO-21 denies for an account that was removed while its page was open', async () => {
    const { accounts } = world.authorization;
    for (const step of ['look', 'approve'] as const) {
      const { subject } = await accounts.add({ username: 'carol', password: 'correct horse battery' });
      const { as, page } = await visitConsent(world, { username: 'carol' });
      await accounts.remove('carol');
      const answer = step === 'look' ? await as.send(page.url) : await page.post('consent', approval('notes:read'));
      expect(returned(await as.follow(answer)).get('error')).toBe('access_denied');
      expect(events('consent_denied').at(-1)).toMatchObject({ principal: subject, reason: 'account_gone' });
    }
  });

  it('gives each authorization a grant of its own', async () => {
    const first = await ask();
    const one = returned(await first.as.follow(await first.page.post('consent', approval('notes:read'))));
    const second = await ask({ client: first.client });
    const two = returned(await first.as.follow(await second.page.post('consent', approval('notes:read'))));
    const tokens = [await tokenFor(first.client, one), await tokenFor(first.client, two)];
    const grants = await Promise.all(
      tokens.map(async ({ access_token: token }) => {
        return (await world.authorization.verifier.verify(String(token), new URL(world.notes))).claims.gid;
      }),
    );
    expect(grants[0]).toEqual(expect.any(String));
    expect(grants[0]).not.toBe(grants[1]);
  });

  it('marks what was allowed before when a client steps up', async () => {
    const first = await ask();
    await first.as.follow(await first.page.post('consent', approval('notes:read')));
    const { page } = await ask({ client: first.client, changes: BOTH });
    const items = page.html.split('<li>').slice(1);
    expect(items.map((item) => item.includes('already allowed'))).toEqual([true, false]);
    const foreign = await ask({ changes: BOTH });
    expect(foreign.page.html).not.toContain('already allowed');
  });

  it('asks in one sentence for a mount without scopes', async () => {
    const { as, client, page } = await ask({ changes: { resource: world.bare, scope: undefined } });
    expect(page.html).toContain('It may use bare as you.');
    const parameters = returned(await as.follow(await page.post('consent', approval())));
    expect((await tokenFor(client, parameters)).access_token).toEqual(expect.any(String));
  });

  it('lets somebody else sign in for the same request', async () => {
    const { as, client, page } = await visitConsent(world, { changes: { ...BOTH, state: 'kept' } });
    expect((await page.post('switch-account', [], { token: 'x'.repeat(43) })).status).toBe(403);
    const signIn = openPage(world, as, await as.follow(await page.post('switch-account', [])));
    expect(signIn.html).toContain('name="password"');
    const consent = openPage(world, as, await as.follow(await signIn.post('sign-in', credentials('bob'))));
    expect(consent.html).toContain('<bdi>bob</bdi>');
    const parameters = returned(await as.follow(await consent.post('consent', approval('notes:read'))));
    expect(parameters.get('state')).toBe('kept');
    expect(await tokenFor(client, parameters)).toMatchObject({ scope: 'notes:read' });
    expect((await page.post('consent', approval('notes:read'))).status).toBe(410);
  });

  it('LG-06 tells each approval once, with what was allowed', async () => {
    const { as, client, page } = await ask({ changes: BOTH });
    await as.follow(await page.post('consent', approval('notes:write')));
    const alice = await world.authorization.accounts.named('alice');
    expect(events('consent_granted')).toEqual([
      expect.objectContaining({
        audit: true,
        principal: alice?.subject,
        client: client.client_id,
        resource: world.notes,
        scopes: ['notes:write'],
      }),
    ]);
    expect(JSON.stringify(lines.slice(from))).not.toContain(page.token);
  });
});
