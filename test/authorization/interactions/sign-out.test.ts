import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browser } from '../support/browser.ts';
import { isLive, redeem } from '../support/client.ts';
import { startWorld, type World } from '../support/world.ts';
import { approval, returned, visit, visitConsent } from './visit.ts';

describe('signing out', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterAll(() => world.close());

  const ask = async (as: ReturnType<typeof browser>) => {
    const page = await as.send('/sign-out');
    const token = /name="form" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
    const answer = (form = token, headers: Record<string, string> = { origin: world.issuer }) =>
      as.send('/sign-out', { method: 'POST', headers, body: new URLSearchParams({ form }) });
    return { page, answer };
  };

  it('ends the session of this browser, and leaves the apps what they were allowed', async () => {
    const { as, client, page } = await visitConsent(world);
    const parameters = returned(await as.follow(await page.post('consent', approval('notes:read'))));
    const { body } = await redeem(world, client, parameters.get('code') ?? '');
    const question = await ask(as);
    expect(question.page.html).toContain('You are signed in as <b><bdi>alice</bdi></b>');
    const done = await as.follow(await question.answer());
    expect(done.html).toContain('You are signed out');
    expect((await visit(world, { as, client })).page.html).toContain('name="password"');
    expect(await isLive(world, body.access_token)).toBe(true);
  });

  it('CO-01 is not done by another site, nor without the form', async () => {
    const { as, client } = await visitConsent(world);
    const question = await ask(as);
    expect((await question.answer('', {})).status).toBe(403);
    expect((await question.answer('x'.repeat(43))).status).toBe(403);
    expect((await question.answer(undefined, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await visit(world, { as, client })).page.html).not.toContain('name="password"');
    expect((await question.answer()).status).toBe(303);
  });

  it('says so where nobody is signed in', async () => {
    const question = await ask(browser(world.issuer));
    expect(question.page.status).toBe(200);
    expect(question.page.html).toContain('You are signed out');
  });
});
