import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { generateFernetKey } from '../../src/core/fernet.ts';
import type { Host } from '../../src/host/create-host.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { redisStore } from '../../src/store/redis.ts';
import { createCookieJar } from '../support/cookie-jar.ts';
import { startKeyedHost } from '../support/keyed-host.ts';
import { callTool, postForm } from '../support/plain-http.ts';
import { describeRedis, type SharedRedis, sharedRedis } from '../support/redis-server.ts';
import { type SignedIn, signIn } from '../support/signed-in.ts';
import { until } from '../support/until.ts';
import { startWorld, type World } from '../support/world.ts';

const scopes = { 'notes:read': 'Read notes', 'notes:admin': 'Read secrets' };
const said = z.object({ uri: z.string(), everyone: z.boolean().optional() });

/** Resources of two scopes that tell of changes, one that does not, and tools that say that something changed. */
const server = () =>
  defineServer({ name: 'notes', version: '1', scopes, listChanged: ['resources'] })
    .resource('notes://{id}', { scopes: ['notes:read'], subscribe: true }, () => 'a note')
    .resource('secrets://{id}', { scopes: ['notes:admin'], subscribe: true }, () => 'a secret')
    .resource('quiet://{id}', { scopes: [] }, () => 'the same for ever')
    .tool('update', { description: 'Updates', input: said, scopes: [] }, ({ uri, everyone }, { resourceUpdated }) => {
      resourceUpdated(uri, everyone ? { to: 'everyone' } : undefined);
      return 'told';
    })
    .tool('add', { description: 'Adds', scopes: [] }, (_, { listChanged }) => {
      listChanged('resources');
      return 'told';
    });

const mount = (host: Host) => void host.mount('/notes', server());

type Filter = Parameters<Client['listen']>[0];

/** The real client, listening at a node. */
async function listenAt({ url }: Pick<World, 'url'>, token: string, filter: Filter) {
  const client = new Client({ name: 'listener', version: '1' }, { versionNegotiation: { mode: 'auto' } });
  const requestInit = { headers: { authorization: `Bearer ${token}` } };
  await client.connect(new StreamableHTTPClientTransport(new URL(`${url}/notes/mcp`), { requestInit }));
  onTestFinished(() => client.close());
  const heard: string[] = [];
  client.setNotificationHandler('notifications/resources/updated', ({ params }) => void heard.push(params.uri));
  client.setNotificationHandler('notifications/resources/list_changed', () => void heard.push('list'));
  const subscription = await client.listen(filter);
  const hears = (what: string) =>
    until(
      async () => heard,
      ({ value = [] }) => value.includes(what),
    );
  return { heard, hears, client, honored: subscription.honoredFilter, closed: subscription.closed };
}

/** `nodes` gives the one that is listened at and the one where things change. */
function stories(nodes: () => readonly [World, World]): void {
  let ada: SignedIn;
  let grace: SignedIn;
  beforeAll(async () => {
    const { url } = nodes()[1];
    ada = await signIn(url, { jar: createCookieJar() });
    grace = await signIn(url, { jar: createCookieJar(), username: 'grace', scope: 'notes:read' });
  });
  const say = async (who: SignedIn, tool: string, input: object = {}) => {
    const answer = await callTool(`${nodes()[1].url}/notes/mcp`, who.access, tool, input);
    expect([answer.status, answer.text]).toEqual([200, expect.stringContaining('told')]);
  };

  it('MC-18 tells the owner of an update, nobody else, and nobody of a URI that was not asked for', async () => {
    const [there] = nodes();
    const filter = { resourceSubscriptions: ['notes://1', 'quiet://1'] };
    const mine = await listenAt(there, ada.access, filter);
    const other = await listenAt(there, grace.access, filter);
    expect(mine.honored).toEqual({ resourceSubscriptions: ['notes://1'] });
    await say(ada, 'update', { uri: 'notes://1' });
    await say(ada, 'update', { uri: 'notes://2', everyone: true });
    await mine.hears('notes://1');
    await say(grace, 'update', { uri: 'notes://1', everyone: true });
    await other.hears('notes://1');
    expect(other.heard).toEqual(['notes://1']);
    expect(mine.heard.every((uri) => uri === 'notes://1')).toBe(true);
  });

  it('MC-18 tells of a list to whom it concerns, where it was asked for', async () => {
    const [there] = nodes();
    const mine = await listenAt(there, ada.access, { resourcesListChanged: true });
    const mute = await listenAt(there, ada.access, { resourceSubscriptions: ['notes://1'] });
    const other = await listenAt(there, grace.access, {
      resourcesListChanged: true,
      resourceSubscriptions: ['notes://9'],
    });
    await say(ada, 'add');
    await mine.hears('list');
    for (const uri of ['notes://1', 'notes://9']) await say(ada, 'update', { uri, everyone: true });
    await Promise.all([mute.hears('notes://1'), other.hears('notes://9')]);
    expect([mute.heard, other.heard]).toEqual([['notes://1'], ['notes://9']]);
    expect(mine.heard).toEqual(['list']);
  });

  it('MC-18 refuses a listener without the scope of a resource, and hears for one that has it', async () => {
    const [there] = nodes();
    const filter = { resourceSubscriptions: ['notes://1', 'secrets://1'] };
    await expect(listenAt(there, grace.access, filter)).rejects.toThrow('notes:admin');
    const mine = await listenAt(there, ada.access, filter);
    await say(grace, 'update', { uri: 'secrets://1', everyone: true });
    await mine.hears('secrets://1');
  });

  it('MC-18 ends the stream of a revoked token within a second, and tells it nothing more', async () => {
    const [there, here] = nodes();
    const leaving = await signIn(here.url, { jar: createCookieJar() });
    const ended = await listenAt(there, leaving.access, { resourceSubscriptions: ['notes://1'] });
    const staying = await listenAt(there, ada.access, { resourceSubscriptions: ['notes://1'] });
    const { client } = leaving;
    const answer = await postForm(`${here.url}/revoke`, { token: leaving.access, client_id: client.client_id });
    expect(answer.status).toBe(200);
    const revoked = performance.now();
    await ended.closed;
    expect(performance.now() - revoked).toBeLessThan(1000);
    await say(ada, 'update', { uri: 'notes://1', everyone: true });
    await staying.hears('notes://1');
    expect(ended.heard).toEqual([]);
  });
}

describe('listening in one process', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ mount });
  });
  afterAll(() => world.close());
  stories(() => [world, world]);

  it('promises what there is to listen to, and no more, and to no client of 2025-11-25', async () => {
    const { access } = await signIn(world.url, { jar: createCookieJar() });
    const { client } = await listenAt(world, access, { resourcesListChanged: true });
    expect(client.getServerCapabilities()).toMatchObject({
      resources: { subscribe: true, listChanged: true },
      tools: {},
    });
    expect(client.getServerCapabilities()?.tools).toEqual({});
    const old = new Client({ name: 'old', version: '1' }, { versionNegotiation: { mode: 'legacy' } });
    const requestInit = { headers: { authorization: `Bearer ${access}` } };
    await old.connect(new StreamableHTTPClientTransport(new URL(`${world.url}/notes/mcp`), { requestInit }));
    expect(old.getServerCapabilities()?.resources).toEqual({});
    await old.close();
  });

  it('refuses what no client can listen to, where it is said', () => {
    const definition = server();
    definition.surface();
    expect(() => definition.resourceUpdated('quiet://1', { to: 'everyone' })).toThrow(
      'no resource with subscribe: true',
    );
    expect(() => definition.listChanged('tools', { to: 'everyone' })).toThrow('must name "tools" in listChanged');
    expect(() => definition.resourceUpdated('notes://1', { to: 'everyone' })).not.toThrow();
  });
});

describeRedis('listening at one of two nodes over Redis', () => {
  let redis: SharedRedis;
  let first: World;
  let second: World;
  beforeAll(async () => {
    redis = await sharedRedis();
    const prefix = redis.prefix();
    const store = () => redisStore({ url: redis.url, prefix });
    const keys = [generateFernetKey()];
    first = await startWorld({ mount, settings: { store: store(), keys } });
    const { directory, url: publicUrl } = first;
    second = await startWorld({ mount, settings: { store: store(), keys, publicUrl }, directory });
  });
  afterAll(async () => {
    await second.close();
    await first.close();
    await redis.close();
  });
  stories(() => [second, first]);

  it('hears across nodes also where a provider keeps nothing here', async () => {
    const storeUrl = `${redis.url}?prefix=${redis.prefix()}`;
    const here = await startKeyedHost(mount, { storeUrl });
    onTestFinished(() => here.close());
    const there = await startKeyedHost(mount, { storeUrl, publicUrl: here.url });
    onTestFinished(() => there.close());
    const listener = await listenAt(there, 'reader', { resourceSubscriptions: ['notes://1'] });
    const input = { uri: 'notes://1', everyone: true };
    await until(
      () => callTool(`${here.url}/notes/mcp`, 'writer', 'update', input),
      () => listener.heard.includes('notes://1'),
    );
  });
});
