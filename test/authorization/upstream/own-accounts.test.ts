import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { local } from '../../../providers/local.ts';
import type { HostOptions } from '../../../src/host/create-host.ts';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { createCookieJar } from '../../support/cookie-jar.ts';
import { freePort } from '../../support/free-port.ts';
import { callTool } from '../../support/plain-http.ts';
import { exampleProvider } from '../../support/providers/example-provider.ts';
import { type FakeUpstream, fakeUpstream } from '../../support/providers/fake-upstream.ts';
import { authorizeUrl, refresh, registerClient, signIn } from '../../support/signed-in.ts';
import { PASSWORDS, startWorld, type World } from '../../support/world.ts';

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

const tools = () =>
  defineServer({ name: 'notes', version: '1.0.0' }).tool(
    'upstream',
    { description: 'A token for the API behind', scopes: ['notes:read'] },
    async (_input, { upstream }) => upstream(),
  );

async function start(own: boolean): Promise<string> {
  const provider = exampleProvider(fake);
  world = await startWorld({
    settings: { auth: own ? [local(), provider] : provider },
    mount: (host) => host.mount('/notes', tools()),
  });
  await world.host.authorization.accounts.add({ username: 'ada', password: PASSWORDS.ada });
  return world.url;
}

/** Follows the link to the form for a password, where the first page has one. */
function byPassword(): typeof fetch {
  let followed = false;
  return async (input, init) => {
    const url = new URL(String(input));
    const first = !followed && /^\/interaction\/[^/]+$/.test(url.pathname);
    followed ||= first;
    if (first) url.pathname += '/sign-in';
    return fetch(url, init);
  };
}

describe('accounts of ours beside an identity provider', () => {
  test('people choose where they sign in, and both are people of their own', async () => {
    const url = await start(true);
    const pages: string[] = [];
    const here = await signIn(url, {
      fetch: byPassword(),
      onPage: ({ html }) => pages.push(/<h1>([^<]+)/.exec(html)?.[1] ?? ''),
    });
    expect(pages).toEqual(['Sign in', 'Allow access to notes?']);
    expect(decodeJwt(here.access).sub).toMatch(/^user_/);
    expect(fake.requests).toEqual([]);

    const there = await signIn(url, {
      onPage: ({ html }) => {
        expect(html).toContain('Continue with Example ID');
        expect(html).toMatch(/<a href="[^"]+\/sign-in">Sign in with a password<\/a>/);
      },
    });
    expect(decodeJwt(there.access).sub).toBe('example:person-1');
    expect((await callTool(`${url}/notes/mcp`, there.access, 'upstream')).text).toContain('accessToken');
  });

  test('somebody who signed in here has no token of the provider, which is no reason to sign in again', async () => {
    const url = await start(true);
    const { access } = await signIn(url, { fetch: byPassword() });
    const answer = await callTool(`${url}/notes/mcp`, access, 'upstream');
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('This needs a caller who signed in')]);
  });

  test('are not offered, nor is their form to be had, where they were not asked for', async () => {
    const url = await start(false);
    const jar = createCookieJar();
    let page: URL | undefined;
    await signIn(url, {
      jar,
      onPage: ({ url: at, html }) => {
        page = at;
        expect(html).not.toContain('Sign in with a password');
      },
    });
    const form = new URL(`${page?.href}/sign-in`);
    expect((await fetch(form, { headers: { cookie: jar.header(form) } })).status).toBe(405);
  });

  test('are over where people may sign in at the provider alone from now on, and are back with local()', async () => {
    const port = await freePort();
    const directory = await mkdtemp(join(tmpdir(), 'gatehouse-'));
    const again = async (auth: HostOptions['auth']): Promise<string> => {
      await world?.close();
      world = await startWorld({ directory, port, settings: { auth }, mount: (host) => host.mount('/notes', tools()) });
      return world.url;
    };
    try {
      const url = await again([local(), exampleProvider(fake)]);
      await world?.host.authorization.accounts.add({ username: 'ada', password: PASSWORDS.ada });
      const here = await signIn(url, { fetch: byPassword() });
      await again(exampleProvider(fake));
      expect((await refresh(url, here.client, here.refresh)).status).toBe(400);
      await again([local(), exampleProvider(fake)]);
      expect((await refresh(url, here.client, here.refresh)).status).toBe(200);
    } finally {
      await world?.close();
      world = undefined;
      await rm(directory, { recursive: true });
    }
  });

  test('their form needs the browser that began', async () => {
    const url = await start(true);
    const client = await registerClient(url);
    const landing = await fetch(authorizeUrl(url, client), { redirect: 'manual' });
    const form = new URL(`${landing.headers.get('location')}/sign-in`, url);
    expect((await fetch(form)).status).toBe(403);
    const cookie = landing.headers
      .getSetCookie()
      .map((each) => each.split(';')[0])
      .join('; ');
    expect((await fetch(form, { headers: { cookie } })).status).toBe(200);
  });
});
