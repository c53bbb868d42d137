import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { browser } from '../support/browser.ts';
import { startWorld, type World } from '../support/world.ts';
import { approval, credentials, openPage, returned, visit, visitConsent } from './visit.ts';

describe('an interaction', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  it('AZ-24 is a 403 page for another browser, and goes on in its own', async () => {
    const { as, page } = await visit(world);
    const other = browser(world.issuer);
    const stolen = await other.send(page.url);
    expect(stolen.status).toBe(403);
    expect(stolen.html).toContain('This page cannot be used here');
    expect(stolen.html).not.toContain('notes');
    const posted = await openPage(world, other, page).post('sign-in', credentials());
    expect(posted.status).toBe(403);
    expect((await as.follow(await page.post('sign-in', credentials()))).html).toContain('Allow access');
  });

  it('AZ-24 is a 403 page for a browser that has another one, and for a guessed id', async () => {
    const [mine, theirs] = [await visit(world), await visit(world)];
    const uid = new URL(mine.page.url).pathname;
    for (const [key, { value }] of [...theirs.as.jar]) {
      if (key.includes('interaction')) theirs.as.jar.set(`planted ${key}`, { value, path: uid });
    }
    expect((await theirs.as.send(mine.page.url)).status).toBe(403);
    expect((await mine.as.send('/interaction/guessed')).status).toBe(403);
    expect((await mine.as.send(mine.page.url)).status).toBe(200);
  });

  it('AZ-24 and CO-11 goes on in the browser that answered alone: cookies that a sibling host plants sign nobody in', async () => {
    const { as, page } = await visit(world);
    const answered = await page.post('sign-in', credentials());
    const resume = new URL(answered.headers.get('location') ?? '', world.issuer).href;
    const other = browser(world.issuer);
    for (const [key, cookie] of as.jar) if (key.includes('_resume')) other.jar.set(key, cookie);

    expect((await other.send(resume)).status).toBe(410);
    expect([...other.jar.keys()].filter((key) => key.includes('_session'))).toEqual([]);
    expect((await as.follow(answered)).html).toContain('Allow access');
  });

  it('AZ-24 and CO-05 is a 410 page once it is answered or has waited too long', async () => {
    const { as, page } = await visitConsent(world);
    await as.follow(await page.post('consent', approval('notes:read')));
    const finished = await as.send(page.url);
    expect(finished.status).toBe(410);
    expect(finished.html).toContain('This request has ended');

    const slow = await visitConsent(world);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 16 * 60_000 });
    try {
      expect((await slow.page.post('consent', approval('notes:read'))).status).toBe(410);
    } finally {
      vi.useRealTimers();
    }
    const unhurried = await visitConsent(world);
    expect((await unhurried.page.post('consent', approval('notes:read'))).status).toBe(303);
  });

  it('AZ-24 is a 403 page once somebody else has signed in on this browser', async () => {
    const first = await visitConsent(world);
    const second = await visitConsent(world, { as: first.as, username: 'bob', changes: { prompt: 'login' } });
    expect((await first.page.post('consent', approval('notes:read'))).status).toBe(403);
    expect((await first.as.send(first.page.url)).status).toBe(403);
    expect((await second.page.post('consent', approval('notes:read'))).status).toBe(303);
  });

  it('CO-25 is not shown inside of another page, and not kept for the back button', async () => {
    const { as, page } = await visitConsent(world);
    for (const dest of ['iframe', 'frame', 'embed', 'object']) {
      expect((await as.send(page.url, { headers: { 'sec-fetch-dest': dest } })).status).toBe(403);
    }
    const whole = await as.send(page.url, { headers: { 'sec-fetch-dest': 'document' } });
    expect(whole.status).toBe(200);
    expect(whole.headers.get('cache-control')).toBe('no-store');
    const framed = await page.post('consent', approval('notes:read'), { headers: { 'sec-fetch-dest': 'iframe' } });
    expect(framed.status).toBe(403);
    await as.follow(await page.post('consent', approval('notes:read')));
    expect((await as.send(page.url)).status).toBe(410);
  });

  it('CO-23 is one of many in a browser: two finish in opposite order, headers stay small', async () => {
    const first = await visit(world);
    const { as } = first;
    const second = await visit(world, { as });
    for (let count = 0; count < 30; count += 1) await visit(world, { as, client: first.client });
    const finish = async ({ page }: typeof first) => {
      const consent = openPage(world, as, await as.follow(await page.post('sign-in', credentials())));
      return returned(await as.follow(await consent.post('consent', approval('notes:read'))));
    };
    expect((await finish(second)).has('code')).toBe(true);
    expect((await finish(first)).has('code')).toBe(true);
    const path = new URL(first.page.url).pathname;
    const sent = [...as.jar.values()].filter((cookie) => path.startsWith(cookie.path)).map(({ value }) => value);
    expect(sent.join('; ').length).toBeLessThan(1024);
  });
});
