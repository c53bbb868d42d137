import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fromSdk } from '../../../src/mcp/from-sdk/from-sdk.ts';
import type { Mountable } from '../../../src/mcp/mountable.ts';
import { keptLog, user } from '../callers.ts';
import type { HttpHost } from '../http-host.ts';
import { connectCaller, ERAS } from './callers.ts';
import { POLICY, serverV1, serverV2 } from './sdk-servers.ts';
import { PARTS, serve as serveTo } from './served.ts';

const principals = {
  ada: user('ada', 'trips:book'),
  bob: user('bob', 'trips:read', 'trips:audit'),
  eve: user('eve'),
};
const options = { name: 'trips', policy: POLICY, sessions: true };

const serve = (mountable: Mountable) => serveTo(mountable, principals);

describe.each([
  ['version 1', serverV1],
  ['version 2', serverV2],
])('a server written with %s of the SDK', (version, make) => {
  const ran: string[] = [];
  let single: HttpHost;
  let each: HttpHost;
  const made: ReturnType<typeof make>[] = [];
  const another = () => {
    const server = make(ran);
    made.push(server);
    return server;
  };
  beforeAll(async () => {
    single = await serve(fromSdk(another(), options));
    each = await serve(fromSdk(another, options));
  });
  afterAll(() => Promise.all([single.close(), each.close()]));

  it.each(ERAS)('is listed as far as the policy and the token go (%s)', async (era) => {
    const eve = await connectCaller(single.url, 'eve', era);
    expect((await eve.client.listTools()).tools.map(({ name }) => name)).toEqual(['whoami', 'add', 'talk']);
    expect((await eve.client.listResources()).resources.map(({ uri }) => uri)).toEqual(['trip://open']);
    expect((await eve.client.listPrompts()).prompts).toEqual([]);
    expect(eve.client.getInstructions()).toBe('Be brief.');
    expect(eve.client.getServerVersion()).toMatchObject({ name: 'trips', version: '7.1.0' });
    const bob = await connectCaller(single.url, 'bob', era);
    const { resources } = await bob.client.listResources();
    expect(resources.map(({ uri }) => uri)).toEqual(['trip://open', 'trip://safe', 'trip://1']);
    const ada = await connectCaller(single.url, 'ada', era);
    const tools = (await ada.client.listTools()).tools.map(({ name }) => name);
    expect(tools).toContain('book');
    expect(tools).not.toContain('danger');
    await Promise.all([eve.close(), bob.close(), ada.close()]);
  });

  it.each(ERAS)('is called: results, structured content, errors, words and progress come through (%s)', async (era) => {
    const ada = await connectCaller(single.url, 'ada', era);
    const added = await ada.client.callTool({ name: 'add', arguments: { a: 1, b: 2 } });
    expect(added).toMatchObject({ structuredContent: { sum: 3 }, content: [{ text: '3' }] });
    expect(await ada.call('add', { a: 'x' })).toContain('Invalid');
    expect(await ada.client.callTool({ name: 'fail' })).toMatchObject({ isError: true });
    expect(await ada.call('fail')).toBe('Out of paper.');
    expect(await ada.call('work')).toBe('done');
    expect(ada.told).toEqual(['begun', 'half']);
    await ada.close();
  });

  it.each(ERAS)('has its resources, prompts and suggestions behind the same scopes (%s)', async (era) => {
    const ada = await connectCaller(single.url, 'ada', era);
    const read = async (uri: string) => (await ada.client.readResource({ uri })).contents[0];
    expect(await read('trip://open')).toMatchObject({ text: 'open' });
    expect(await read('trip://77')).toMatchObject({ text: 'trip 77' });
    await expect(read('trip://safe')).rejects.toMatchObject({ status: 403 });
    await expect(read('trip://%73afe')).rejects.toMatchObject({ status: 403 });
    const filled = await ada.client.getPrompt({ name: 'greet', arguments: { who: 'bob' } });
    expect(filled.messages[0]?.content).toMatchObject({ text: 'Greet bob' });
    const ofPrompt = { ref: { type: 'ref/prompt' as const, name: 'greet' }, argument: { name: 'who', value: 'a' } };
    expect((await ada.client.complete(ofPrompt)).completion.values).toEqual(['ada']);
    const ref = { type: 'ref/resource' as const, uri: 'trip://{id}' };
    expect((await ada.client.complete({ ref, argument: { name: 'id', value: '1' } })).completion.values).toEqual([
      '12',
    ]);
    await ada.close();
    const bob = await connectCaller(single.url, 'bob', era);
    expect((await bob.client.readResource({ uri: 'trip://safe' })).contents[0]).toMatchObject({ text: 'safe' });
    await bob.close();
  });

  it.each(ERAS)('never runs what no rule names, nor what the token does not allow (%s)', async (era) => {
    ran.length = 0;
    const ada = await connectCaller(single.url, 'ada', era);
    await expect(ada.call('danger')).rejects.toMatchObject({ code: -32602, message: 'Tool not found: danger' });
    const eve = await connectCaller(single.url, 'eve', era, 'Rome');
    await expect(eve.call('book')).rejects.toMatchObject({ status: 403 });
    expect(ran).toEqual([]);
    await Promise.all([ada.close(), eve.close()]);
  });

  it.each(ERAS)('knows who calls, and is not given the token (%s)', async (era) => {
    const bob = await connectCaller(single.url, 'bob', era);
    const info = JSON.parse(await bob.call('whoami'));
    expect(info).toMatchObject({ clientId: 'test-client', scopes: ['trips:read', 'trips:audit'], token: '' });
    expect(info).toMatchObject({ expiresAt: 4_000_000_000, extra: { principal: { subject: 'bob', kind: 'user' } } });
    await bob.close();
  });

  it.each(ERAS)('asks the caller of the call in which it asks, in the middle of that one call (%s)', async (era) => {
    ran.length = 0;
    const callers = await Promise.all([
      connectCaller(single.url, 'ada', era, 'Rome'),
      connectCaller(single.url, 'ada', era, 'Oslo'),
      connectCaller(single.url, 'ada', era),
    ]);
    const [rome, oslo, mute] = callers;
    expect(await rome.call('book')).toBe('Rome');
    expect(ran).toEqual(['book']);
    expect(await Promise.all([rome.call('book', { n: 1 }), oslo.call('book', { n: 2 })])).toEqual(['Rome', 'Oslo']);
    expect(rome.asked).toEqual(['Where to?', 'Where to?']);
    expect(ran).toHaveLength(3);
    const refused = await mute.call('book').catch((error: Error) => error.message);
    expect(refused).toContain('capability "elicitation"');
    await Promise.all(callers.map((caller) => caller.close()));
  });

  it.each(ERAS)("asks the caller's model and folders, too, one after the other in one call (%s)", async (era) => {
    const rome = await connectCaller(single.url, 'ada', era, 'Rome');
    expect(await rome.call('haiku')).toBe('{"type":"text","text":"old pond of Rome"} in file:///Rome');
    await rome.close();
  });

  it('asks the caller also where it names no request', async () => {
    const rome = await connectCaller(single.url, 'ada', 'auto', 'Rome');
    const oslo = await connectCaller(single.url, 'bob', 'auto', 'Oslo');
    expect(await rome.call('shout')).toBe('accept');
    expect([rome.asked, oslo.asked]).toEqual([['Anybody?'], []]);
    await Promise.all([rome.close(), oslo.close()]);
  });

  it('cannot ask outside of a call: whom would it be?', async () => {
    const { server } = made[0] as ReturnType<typeof serverV2>;
    const rome = await connectCaller(single.url, 'ada', 'auto', 'Rome');
    const requestedSchema = { type: 'object' as const, properties: {} };
    await expect(server.elicitInput({ message: 'Anybody?', requestedSchema })).rejects.toThrow(
      'There is nobody to ask',
    );
    expect(rome.asked).toEqual([]);
    await rome.close();
  });

  it('MC-27 keeps what it says to many callers at once apart, on one instance', async () => {
    const callers = await Promise.all(['ada', 'bob', 'eve'].map((name) => connectCaller(single.url, name, 'auto')));
    const said = await Promise.all(
      Array.from({ length: 60 }, (_, n) => callers[n % 3]?.call('talk', { n }) ?? Promise.reject(new Error('nobody'))),
    );
    expect(said).toEqual(Array.from({ length: 60 }, (_, n) => ['ada', 'bob', 'eve'][n % 3]));
    expect(callers.map(({ told }) => told)).toEqual(['ada', 'bob', 'eve'].map((name) => Array(60).fill(name)));
    await Promise.all(callers.map((caller) => caller.close()));
  });

  it('has an instance for each principal where it comes from a function', async () => {
    const before = made.length;
    const callers = [
      await connectCaller(each.url, 'ada', 'legacy'),
      await connectCaller(each.url, 'ada', 'auto'),
      await connectCaller(each.url, 'bob', 'auto'),
    ];
    expect(await Promise.all(callers.map((caller) => caller.call('add', { a: 1, b: 1 })))).toEqual(['2', '2', '2']);
    expect(made.length - before).toBe(2);
    await Promise.all(callers.map((caller) => caller.close()));
  });

  it.each(ERAS)('is told when its caller gives up (%s)', async (era) => {
    ran.length = 0;
    const ada = await connectCaller(single.url, 'ada', era);
    const leaving = new AbortController();
    const waiting = ada.client.callTool({ name: 'wait' }, { signal: leaving.signal });
    await expect.poll(() => ran).toEqual(['wait']);
    leaving.abort();
    await expect(waiting).rejects.toThrow();
    if (era === 'auto') await expect.poll(() => ran).toEqual(['wait', 'cancelled']);
    await ada.close();
    await expect.poll(() => ran).toEqual(['wait', 'cancelled']);
  });

  if (version === 'version 2') {
    it.each(ERAS)('asks in rounds where it was written so (%s)', async (era) => {
      const rome = await connectCaller(single.url, 'ada', era, 'Rome');
      expect(await rome.call('ask')).toBe('Rome');
      expect(rome.asked).toEqual(['Where to?']);
      await rome.close();
    });
  }

  it('tells clients when it gets another tool, and gives it a place by the policy', async () => {
    const server = make();
    const host = await serve(fromSdk(server, options));
    const ada = await connectCaller(host.url, 'ada', 'auto');
    const heard: string[] = [];
    ada.client.setNotificationHandler('notifications/tools/list_changed', () => void heard.push('tools'));
    await ada.client.listen({ toolsListChanged: true });
    const done = () => ({ content: [] });
    (server as { registerTool(name: string, config: object, handler: () => object): unknown }).registerTool(
      'late',
      { annotations: { readOnlyHint: true } },
      done,
    );
    await expect.poll(() => heard).toEqual(['tools']);
    expect((await ada.client.listTools()).tools.map(({ name }) => name)).toContain('late');
    await ada.close();
    await host.close();
  });
});

describe('fromSdk', () => {
  it('tells the log what has no rule, and which rules fit nothing', async () => {
    const log = keptLog();
    const rules = [...POLICY.rules, { name: 'gone_*', scopes: ['trips:gone'] }];
    const mountable = fromSdk(serverV2(), { name: 'trips', policy: { rules } });
    expect([...mountable.catalogue().keys()]).toContain('trips:gone');
    await mountable.start?.({ ...PARTS, log });
    const fields = (event: string) => log.lines.filter((line) => line.event === event).map((line) => line.fields);
    expect(fields('foreign_items_without_rule')).toEqual([{ count: 1, items: ['tool danger'] }]);
    expect(fields('policy_rule_unused')).toMatchObject([{ rule: 'Rule 7 of trips ({"name":"gone_*"})' }]);
    await mountable.close?.();
  });

  it('is refused at definition where its options cannot work', () => {
    const make = (wrong: object) => () => fromSdk(serverV2(), { ...options, ...wrong });
    expect(make({ name: 'a b' })).toThrow('Server name "a b" must be 1 to 128 letters');
    expect(make({ policy: {} })).toThrow('The policy of trips needs rules');
    expect(make({ timeout: 0 })).toThrow('Server trips: timeout must be seconds');
    expect(make({ perPrincipal: true })).toThrow('perPrincipal needs a function that makes a server');
    expect(() => fromSdk(() => serverV2(), { ...options, perPrincipal: { idle: 0 } })).toThrow('"idle" is not');
  });
});
