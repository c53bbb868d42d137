import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LoopbackCallback, listenForCallback } from '../../src/client/loopback-callback.ts';

describe('the loopback listener', () => {
  let callback: LoopbackCallback;
  beforeEach(async () => {
    callback = await listenForCallback();
  });
  afterEach(() => callback.close());

  const arrive = (query: string, init?: RequestInit) => fetch(`${callback.redirectUri}?${query}`, init);

  it('listens on 127.0.0.1 only, on a free port', () => {
    expect(callback.redirectUri).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/callback$/);
  });

  it('hands over the answer that carries the awaited state and thanks the person', async () => {
    const answer = callback.expect('s1');
    const page = await arrive('code=c1&state=s1&iss=https%3A%2F%2Fas.example');
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('You are signed in.');
    expect(Object.fromEntries(await answer)).toEqual({ code: 'c1', state: 's1', iss: 'https://as.example' });
  });

  it('hands over a refusal too, and says on the page that the sign-in was not completed', async () => {
    const answer = callback.expect('s1');
    const page = await arrive('error=access_denied&state=s1');
    expect(await page.text()).toContain('The sign-in was not completed.');
    expect((await answer).get('error')).toBe('access_denied');
  });

  it.each([
    ['another state', 'code=c1&state=s2'],
    ['no state', 'code=c1'],
    ['an empty state', 'code=c1&state='],
    ['the state twice', 'code=c1&state=s1&state=s1'],
    ['the code twice', 'code=c1&code=c2&state=s1'],
  ])('refuses an answer with %s and goes on waiting', async (_, query) => {
    const answer = callback.expect('s1');
    const page = await arrive(query);
    expect(page.status).toBe(400);
    expect(await page.text()).toContain('belongs to no sign-in under way');
    await arrive('code=right&state=s1');
    expect((await answer).get('code')).toBe('right');
  });

  it('takes each state once', async () => {
    callback.expect('s1');
    expect((await arrive('code=c1&state=s1')).status).toBe(200);
    expect((await arrive('code=c1&state=s1')).status).toBe(400);
  });

  it('answers GET at its own path only', async () => {
    callback.expect('s1');
    expect((await arrive('code=c1&state=s1', { method: 'POST' })).status).toBe(405);
    expect((await fetch(new URL('/favicon.ico', callback.redirectUri))).status).toBe(404);
    expect((await arrive('code=c1&state=s1')).status).toBe(200);
  });

  it('shows nothing of the request on its page, and lets no script, referrer or cache have it', async () => {
    callback.expect('s1');
    const page = await arrive('code=%3Cscript%3E&state=s1');
    expect(await page.text()).not.toContain('<script>');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(page.headers.get('cache-control')).toBe('no-store');
  });

  it('rejects what is still awaited when it is closed', async () => {
    const answer = callback.expect('s1');
    await callback.close();
    await expect(answer).rejects.toThrow('The sign-in was abandoned before it came back.');
  });
});
