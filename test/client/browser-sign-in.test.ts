import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserSignIn } from '../../src/client/browser-sign-in.ts';
import { connect } from '../../src/client/connect.ts';
import type { ConnectOptions } from '../../src/client/connect-one.ts';
import type { AuthEvent } from '../../src/client/credential.ts';
import { fileCache } from '../../src/client/file-cache.ts';
import type { BrowserSignInOptions } from '../../src/client/sign-in-options.ts';
import { cacheKey, memoryCache } from '../../src/client/token-cache.ts';
import { systemClock } from '../../src/core/clock.ts';
import type { Walker } from '../support/form-walker.ts';
import { createPerson } from '../support/person.ts';
import { PASSWORDS, startWorld, type World } from '../support/world.ts';

let world: World;
let folder: string;
beforeAll(async () => {
  world = await startWorld();
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-client-'));
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

/** Browsers that stay signed in from one program to the next. */
const browsers = { ada: createPerson('ada', PASSWORDS.ada), grace: createPerson('grace', PASSWORDS.grace) };

/** A program of somebody's, whose requests are written down. */
function program(username: keyof typeof PASSWORDS, choices: Partial<Walker> = {}, options: BrowserSignInOptions = {}) {
  const { visited, open } = browsers[username];
  const before = visited.length;
  const sent: { readonly url: URL; readonly authorization: string | null; readonly body: string }[] = [];
  const events: AuthEvent[] = [];
  const noting: typeof fetch = (input, init) => {
    const authorization = new Headers(init?.headers).get('authorization');
    sent.push({ url: new URL(String(input)), authorization, body: String(init?.body ?? '') });
    return fetch(input, init);
  };
  return {
    sent,
    events,
    visited: () => visited.slice(before),
    pages: () => visited.slice(before).map(({ searchParams }) => searchParams.get('scope')),
    tokenRequests: () =>
      sent.filter(({ url }) => url.pathname === '/token').map(({ body }) => new URLSearchParams(body)),
    open: (more: ConnectOptions = {}) =>
      connect(`${world.url}/notes/mcp`, {
        auth: browserSignIn({ present: (page) => open(page, choices), ...options }),
        fetch: noting,
        onAuth: (event) => events.push(event),
        ...more,
      }),
  };
}

const cacheAt = (name: string) => ({ cache: fileCache(join(folder, name)) });

describe('a client whose person signs in through a browser', () => {
  it('signs in once, steps up once when calls need more, and sends tokens to their resource alone', async () => {
    const { open, pages, events, sent } = program('ada');
    await using client = await open();
    expect(client.server?.name).toBe('notes');
    expect(client.protocolVersion).toBe('2026-07-28');
    expect((await client.listTools()).map(({ name }) => name)).toContain('add_note');
    const added = await Promise.all(['a', 'b', 'c'].map((text) => client.callTool('add_note', { text })));
    for (const { structuredContent } of added) expect(structuredContent).toEqual({ id: expect.any(String) });
    expect(pages()).toEqual(['notes:read', 'notes:read notes:write']);
    const steps = events.map(({ step }) => step);
    expect(steps.filter((step) => step !== 'refused')).toEqual(['found', 'granted', 'found', 'granted']);
    const withToken = sent.filter(({ authorization }) => authorization !== null);
    expect(new Set(withToken.map(({ url }) => url.href))).toEqual(new Set([`${world.url}/notes/mcp`]));
  });

  it('lets a call that is refused while the person is asked wait for their answer', async () => {
    let client: Awaited<ReturnType<typeof open>> | undefined;
    let late: Promise<unknown> | undefined;
    const present = async (page: URL) => {
      if (client !== undefined) late ??= client.callTool('add_note', { text: 'late' });
      const count = late === undefined ? 0 : 2;
      await expect.poll(() => events.filter(({ step }) => step === 'refused')).toHaveLength(count);
      await browsers.ada.open(page, {});
    };
    const { open, events, pages } = program('ada', {}, { present });
    client = await open();
    await client.callTool('add_note', { text: 'first' });
    expect(await late).toHaveProperty('structuredContent.id');
    expect(pages()).toHaveLength(2);
    await client.close();
  });

  it('takes what an earlier start has kept, which no other user of the machine can read and no one else open', async () => {
    const first = program('ada', {}, cacheAt('kept'));
    await (await first.open()).close();
    const second = program('ada', {}, cacheAt('kept'));
    await using client = await second.open();
    expect((await client.callTool('list_notes')).isError).toBeUndefined();
    expect(second.visited()).toEqual([]);
    const files = await readdir(join(folder, 'kept'));
    for (const file of files) {
      expect((await stat(join(folder, 'kept', file))).mode & 0o777).toBe(0o600);
      expect(await readFile(join(folder, 'kept', file), 'utf8')).not.toMatch(/eyJ|refresh_token/);
    }
    expect(files).toHaveLength(2);
  });

  it('renews a token before it expires, once for all calls that wait for it', async () => {
    let now = systemClock();
    const { open, visited, tokenRequests } = program('ada');
    await using client = await open({ clock: () => now });
    now += 880;
    await Promise.all([client.callTool('list_notes'), client.callTool('list_notes'), client.listResources()]);
    expect(tokenRequests().map((form) => form.get('grant_type'))).toEqual(['authorization_code', 'refresh_token']);
    expect(tokenRequests().map((form) => form.get('resource'))).toEqual(
      tokenRequests().map(() => `${world.url}/notes/mcp`),
    );
    expect(visited()).toHaveLength(1);
  });

  it('registers anew where the server has forgotten the client, and asks the person again', async () => {
    const before = program('ada', {}, cacheAt('forgotten'));
    await (await before.open()).close();
    const id = String(before.visited()[0]?.searchParams.get('client_id'));
    expect(await world.host.authorization.clients.remove(id)).toBe(true);
    const after = program('ada', {}, cacheAt('forgotten'));
    await using client = await after.open();
    expect((await client.callTool('list_notes')).isError).toBeUndefined();
    expect(after.visited().map(({ searchParams }) => searchParams.get('client_id') === id)).toEqual([false]);
  });

  it('does not send a person to a page that only says that the client is unknown', async () => {
    const cache = memoryCache();
    const held = { issuer: world.url, client: { client_id: 'gone', issuer: world.url } };
    await cache.set(cacheKey(new URL(`${world.url}/notes/mcp`), 'mcp-gatehouse'), JSON.stringify(held));
    const { open, visited } = program('ada', {}, { cache });
    await using client = await open({ stepUp: false });
    expect(visited().map(({ searchParams }) => searchParams.get('client_id') === 'gone')).toEqual([false]);
    await expect(client.callTool('add_note', { text: 'no' })).rejects.toMatchObject({ requiredScope: 'notes:write' });
    expect(visited()).toHaveLength(1);
  });

  it('tells what the server answered to a person who denies', async () => {
    const { open } = program('ada', { decision: 'deny' });
    await expect(open()).rejects.toMatchObject({ name: 'SignInFailed', code: 'access_denied' });
  });

  it('asks nobody twice for a scope that they did not grant, in the older era as well', async () => {
    const { open, pages } = program('grace');
    await using client = await open({ era: 'legacy' });
    expect(client.protocolVersion).toBe('2025-11-25');
    for (let time = 0; time < 2; time += 1) {
      await expect(client.callTool('add_note', { text: 'no' })).rejects.toMatchObject({
        name: 'InsufficientScopeError',
        requiredScope: 'notes:write',
      });
    }
    expect(pages()).toEqual(['notes:read', 'notes:read notes:write']);
    expect((await client.callTool('list_notes')).isError).toBeUndefined();
  });

  it('gives up where nobody signs in', async () => {
    const { open } = program('ada', {}, { present: () => undefined, patience: 0.05 });
    await expect(open()).rejects.toMatchObject({ code: 'timeout' });
  });

  it('sends a secret to the issuer that it is for and to no other', async () => {
    const client = { id: 'a', secret: 'whispered', issuer: 'https://as.example.com' };
    const { open, sent } = program('ada', {}, { client });
    await expect(open()).rejects.toMatchObject({ code: 'other_issuer' });
    expect(JSON.stringify(sent)).not.toContain('whispered');
  });
});
