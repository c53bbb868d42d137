import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { recordingLog } from '../../store/recording-log.ts';
import { browser } from '../support/browser.ts';
import { PASSWORD, startWorld, type World } from '../support/world.ts';
import { approval, credentials, openPage, returned, visit, visitConsent } from './visit.ts';

const WRONG = 'The username or the password is not right.';

describe('the sign-in page', () => {
  const { log, lines } = recordingLog();
  let world: World;
  let from = lines.length;
  beforeAll(async () => {
    world = await startWorld({ log });
  });
  afterAll(() => world.close());
  beforeEach(() => {
    from = lines.length;
  });
  const events = (name: string) =>
    lines
      .slice(from)
      .filter(([event]) => event === name)
      .map(([, fields]) => fields);

  it('takes the right password on to the consent page', async () => {
    const { page } = await visitConsent(world);
    expect(page.status).toBe(200);
    expect(page.html).toContain('Allow access to notes?');
  });

  it('CO-20 says the same about a wrong password and an unknown user, and takes the next attempt', async () => {
    const { as, page } = await visit(world);
    const wrong = await page.post('sign-in', credentials('alice', 'not the right one'));
    const unknown = await page.post('sign-in', credentials('nobody', 'not the right one'));
    expect([wrong.status, unknown.status]).toEqual([422, 422]);
    expect(wrong.html).toContain(WRONG);
    expect(unknown.html.replace('value="nobody"', 'value="alice"')).toBe(wrong.html);
    const right = await as.follow(
      await openPage(world, as, { ...wrong, url: page.url }).post('sign-in', credentials()),
    );
    expect(right.html).toContain('Allow access to notes?');
  });

  it('CO-20 pauses after five failures, with Retry-After, and nobody else with it', async () => {
    const { page } = await visit(world);
    for (let count = 0; count < 5; count += 1) await page.post('sign-in', credentials('carol', 'not the right one'));
    const paused = await page.post('sign-in', credentials('carol'));
    expect(paused.status).toBe(429);
    expect(Number(paused.headers.get('retry-after'))).toBeGreaterThan(890);
    expect(paused.html).toContain('Too many attempts. Wait a while, then try again.');
    expect(events('sign_in_failed').at(-1)).toMatchObject({ reason: 'locked' });
    expect((await visitConsent(world)).page.html).toContain('Allow access to notes?');
  });

  it.each([
    ['a password of a megabyte', credentials('alice', 'x'.repeat(1_000_000))],
    ['a password of 1,025 bytes', credentials('alice', 'x'.repeat(1025))],
    ['a password with a NUL', credentials('alice', `${PASSWORD}\0`)],
    ['a username with a NUL', credentials('alice\0')],
    ['no password', [['username', 'alice'] as const]],
    ['two usernames', [['username', 'bob'] as const, ...credentials()]],
    ['a thousand fields', Array.from({ length: 1000 }, (_, index) => [`field${index}`, ''] as const)],
  ])('CO-20 answers 400 to %s, and still takes the right form', async (_what, fields) => {
    const { as, page } = await visit(world);
    const refused = await page.post('sign-in', fields);
    expect(refused.status).toBe(400);
    expect(refused.html).toContain('This form could not be read');
    expect((await as.follow(await page.post('sign-in', credentials()))).html).toContain('Allow access');
  });

  it.each([
    ['another origin', { origin: 'https://evil.example' }],
    ['an opaque origin', { origin: 'null' }],
    ['a cross-site navigation', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling origin', { 'sec-fetch-site': 'same-site' }],
  ])('CO-19 refuses credentials posted from %s and signs nobody in', async (_what, headers) => {
    const { as, page } = await visit(world);
    const refused = await page.post('sign-in', credentials(), { headers });
    expect(refused.status).toBe(403);
    expect([...as.jar.keys()].some((name) => name.includes('session'))).toBe(false);
    expect((await page.post('sign-in', credentials(), { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(
      303,
    );
  });

  it.each([
    ['no token', undefined],
    ['a made-up token', 'x'.repeat(43)],
  ])('CO-19 refuses credentials with %s', async (_what, token) => {
    const { page } = await visit(world);
    expect((await page.post('sign-in', credentials(), { token })).status).toBe(403);
    expect((await page.post('sign-in', credentials())).status).toBe(303);
  });

  it('CO-18 gives the browser a new session id at each sign-in, and keeps nothing under the old one', async () => {
    const { as, client } = await visitConsent(world);
    const sessionOf = () => [...as.jar].find(([key]) => key.endsWith('_session'))?.[1].value ?? '';
    const before = sessionOf();
    const saved = new Map(as.jar);
    await visitConsent(world, { as, client, changes: { prompt: 'login' } });
    expect(sessionOf()).not.toBe(before);
    const old = browser(world.issuer);
    for (const [key, cookie] of saved) if (key.includes('_session')) old.jar.set(key, cookie);
    expect((await visit(world, { as: old, client })).page.html).toContain('name="password"');
  });

  it('CO-18 ignores a session id that somebody else has set', async () => {
    const as = browser(world.issuer);
    as.jar.set('/ gatehouse_session', { value: 'gatehouse_session=planted', path: '/' });
    as.jar.set('/ gatehouse_session.sig', { value: 'gatehouse_session.sig=planted', path: '/' });
    await visitConsent(world, { as });
    expect(as.jar.get('/ gatehouse_session')?.value).not.toContain('planted');
  });

  it('CO-18 and CO-22 ignore a session id and a return address in the URL', async () => {
    const { as, page } = await visit(world);
    for (const next of [
      '//evil.example',
      '/\\evil.example',
      'https:evil.example',
      '/%09/evil',
      'javascript:alert(1)',
    ]) {
      const query = new URLSearchParams({ next, return_to: next, sid: 'planted' });
      const again = await as.send(`${new URL(page.url).pathname}?${query}`);
      expect(again.html).toBe(page.html);
    }
    const signedIn = await page.post('sign-in', [...credentials(), ['next', '//evil.example']]);
    expect(signedIn.location).toMatch(/^\/authorize\/[\w-]+$/);
  });

  it('lets another account sign in on the same browser without a page that needs scripts', async () => {
    const first = await visitConsent(world);
    const second = await visitConsent(world, { as: first.as, username: 'bob', changes: { prompt: 'login' } });
    expect(second.page.html).toContain('Signed in as <b><bdi>bob</bdi></b>');
    const landing = await first.as.follow(await second.page.post('consent', approval('notes:read')));
    expect(returned(landing).get('code')).toMatch(/^[\w-]{20,}$/);
  });

  it('LG-01 shows a hostile username escaped, and keeps it out of the log', async () => {
    const { page } = await visit(world);
    const answer = await page.post(
      'sign-in',
      credentials('"><script>alert(1)</script>\u202e\r\n', 'not the right one'),
    );
    expect(answer.html).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"');
    expect(answer.html).not.toContain('<script');
    expect(JSON.stringify(lines.slice(from))).not.toContain('script');
  });

  it('LG-06 tells each success and failure once, with who, for what and from where, and no secret', async () => {
    const { page, client } = await visit(world);
    await page.post('sign-in', credentials('alice', 'not the right one'));
    await page.post('sign-in', credentials('nobody', 'not the right one'));
    await page.post('sign-in', credentials());
    const alice = await world.authorization.accounts.named('alice');
    const parties = { audit: true, client: client.client_id, resource: world.notes, ip: '127.0.0.1' };
    expect(events('sign_in_failed')).toEqual([
      expect.objectContaining({ ...parties, principal: alice?.subject, reason: 'wrong_credentials' }),
      expect.objectContaining({ ...parties, principal: undefined, reason: 'wrong_credentials' }),
    ]);
    expect(events('sign_in_succeeded')).toEqual([expect.objectContaining({ ...parties, principal: alice?.subject })]);
    for (const secret of [PASSWORD, 'not the right one', page.token]) {
      expect(JSON.stringify(lines.slice(from))).not.toContain(secret);
    }
  });
});
