import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formTargets } from '../../../src/authorization/interactions/asking-client.ts';
import { browser } from '../support/browser.ts';
import { register } from '../support/client.ts';
import { startWorld, type World } from '../support/world.ts';
import { DESKTOP_CLIENT, documents, LOOPBACK_CALLBACK, WEB_CALLBACK, WEB_CLIENT } from './documented-client.ts';
import { visit, visitConsent } from './visit.ts';

const text = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');

describe('what the pages show', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ fetch: documents });
  });
  afterAll(() => world.close());

  it('CO-24 names host, name, destination, mount, scopes in words and account', async () => {
    const changes = { redirect_uri: WEB_CALLBACK, scope: 'notes:read notes:write' };
    const { page } = await visitConsent(world, { client: { client_id: WEB_CLIENT }, changes });
    const shown = text(page.html);
    expect(shown).toMatch(/client\.example Verified host “Example Client”/);
    expect(shown).toMatch(/Sent to client\.example/);
    expect(shown).toContain(`notes ${world.notes}`);
    expect(shown).toMatch(/Read your notes notes:read Write notes notes:write Includes: Read your notes/);
    expect(shown).toContain('Signed in as alice . Not you?');
    expect(shown).not.toContain('Unverified');
  });

  it('CO-24 marks a registered client as unverified, and names where its code goes first', async () => {
    const client = await register(world, { redirect_uris: [WEB_CALLBACK], client_name: 'Claude (claude.ai)' });
    const { page } = await visitConsent(world, { client, changes: { redirect_uri: WEB_CALLBACK } });
    const shown = text(page.html);
    expect(shown).toMatch(/client\.example Unverified app calls itself “Claude \(claude\.ai\)”/);
    expect(shown).toContain('Anybody can register an app under any name.');
    expect(shown).not.toContain('on this computer');
  });

  it('CI-23 warns about a client on this computer and shows its redirect host, vouched for or not', async () => {
    const desktop = { client: { client_id: DESKTOP_CLIENT }, changes: { redirect_uri: LOOPBACK_CALLBACK } };
    const documented = text((await visitConsent(world, desktop)).page.html);
    expect(documented).toMatch(/client\.example Verified host/);
    expect(documented).toMatch(/Sent to localhost:49153 a program on this computer/);
    expect(documented).toContain('Any program on this computer could be waiting for the access.');
    const registered = text((await visitConsent(world)).page.html);
    expect(registered).toMatch(/127\.0\.0\.1:49152 Unverified app/);
    expect(registered).toContain('Any program on this computer could be waiting for the access.');
  });

  it.each([
    ['markup', '<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    ['a closed attribute', '"><script>alert(1)</script>', '&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['a name as long as is taken', 'N'.repeat(100), `${'N'.repeat(59)}…`],
  ])('RG-17 shows a client name with %s escaped, isolated and cut, after the host', async (_what, name, shown) => {
    const client = await register(world, { client_name: name });
    const { page } = await visitConsent(world, { client });
    expect(page.html).toContain(`<bdi>“${shown}”</bdi>`);
    expect(page.html.indexOf('127.0.0.1:49152')).toBeLessThan(page.html.indexOf(shown));
    expect(page.html).not.toMatch(/<(script|img)/);
  });

  it('AZ-20 sends every page with a policy that runs nothing, frames nothing and keeps nothing', async () => {
    const as = browser(world.issuer);
    const { page } = await visitConsent(world, { as });
    const pages = [page, (await visit(world)).page, await as.send('/sign-out'), await as.send('/interaction/guessed')];
    for (const { headers, html } of pages) {
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(
        /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; img-src 'self' data:; form-action 'self'/,
      );
      expect(policy).toMatch(/frame-ancestors 'none'; base-uri 'none'$/);
      expect(policy).not.toContain('unsafe');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('same-origin');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(html).not.toMatch(/<script|\son\w+=|style="|https?:\/\/(?!127\.0\.0\.1)/);
      expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    }
  });

  it.each([
    ['http://127.0.0.1:49152/callback', 'http://127.0.0.1:49152'],
    ['http://localhost:49152/callback', 'http://localhost:49152'],
    ['http://[::1]:49152/callback', 'http:'],
    ['https://client.example/callback', 'https://client.example'],
    ['cursor://anysphere.cursor-mcp/oauth/callback', 'cursor:'],
  ])('AZ-20 lets forms lead to %s by naming %s', async (redirectUri, target) => {
    const client = await register(world, { redirect_uris: [redirectUri], application_type: 'native' });
    const { page } = await visit(world, { client, changes: { redirect_uri: redirectUri } });
    expect(page.headers.get('content-security-policy')).toContain(`form-action 'self' ${target}; `);
  });

  it('AZ-20 names no host in that policy that its grammar has no place for', () => {
    for (const host of ['a;sandbox', 'a,b', "a'unsafe-inline'", 'a*', 'a_b']) {
      expect(formTargets(`https://${host}/callback`, 'sign-in')).toEqual(['https:']);
    }
    expect(formTargets('https://a.example:8443/callback', 'consent')).toEqual(['https://a.example:8443', 'https:']);
  });

  it.each([
    ['GET, HEAD', '/interaction/guessed', 'POST'],
    ['POST', '/interaction/guessed/sign-in', 'GET'],
    ['POST', '/interaction/guessed/consent', 'PUT'],
    ['POST', '/interaction/guessed/switch-account', 'DELETE'],
    ['GET, HEAD, POST', '/sign-out', 'PUT'],
  ])('takes %s at %s, and answers %s with 405', async (allowed, path, method) => {
    const refused = await fetch(`${world.issuer}${path}`, { method });
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, allowed]);
    const right = await fetch(`${world.issuer}${path}`, { method: allowed.split(',')[0] ?? '' });
    expect(right.status).not.toBe(405);
    expect((await fetch(`${world.issuer}/interaction/guessed/unknown`, { method })).status).toBe(404);
  });

  it('PP-05 tells an error as JSON to whoever asks for that, and as a page to everybody else', async () => {
    const ask = (accept: string) => fetch(`${world.issuer}/interaction/guessed?callback=run`, { headers: { accept } });
    const json = await ask('application/json');
    expect(json.headers.get('content-type')).toMatch(/^application\/json/);
    expect(await json.json()).toEqual({ error: 'invalid_request', error_description: 'This page cannot be used here' });
    for (const accept of ['text/html', '*/*', 'text/html,application/json;q=0.9']) {
      const page = await ask(accept);
      expect(page.status).toBe(403);
      expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
      expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});
