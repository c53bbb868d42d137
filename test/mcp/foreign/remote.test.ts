import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Mountable } from '../../../src/mcp/mountable.ts';
import { fixedHeaders } from '../../../src/mcp/remote/index.ts';
import { remote } from '../../../src/mcp/remote/remote.ts';
import { user } from '../callers.ts';
import type { HttpHost } from '../http-host.ts';
import { connectCaller, ERAS } from './callers.ts';
import { type FarServer, modernServer, olderServer } from './far-servers.ts';
import { POLICY, serverV1, serverV2 } from './sdk-servers.ts';
import { serve as serveTo } from './served.ts';

const principals = { ada: user('ada', 'trips:book'), bob: user('bob', 'trips:book'), eve: user('eve') };
const options = { name: 'trips', policy: POLICY, sessions: true, timeout: 5 };
const ran: string[] = [];
const credentials = fixedHeaders({ 'x-api-key': 'ours' });

const serve = (mountable: Mountable) => serveTo(mountable, principals);

describe.each([
  ['2025-11-25', () => olderServer(() => serverV1(ran))],
  ['2026-07-28', () => modernServer(() => serverV2(ran))],
])('a server of %s behind a URL', (revision, start) => {
  let far: FarServer;
  let shared: HttpHost;
  let own: HttpHost;
  beforeAll(async () => {
    far = await start();
    shared = await serve(remote(far.url, { ...options, credentials }));
    own = await serve(remote(new URL(far.url), { ...options, credentials, perPrincipal: true }));
  });
  afterEach(() => {
    far.before = undefined;
    ran.length = 0;
  });
  afterAll(async () => {
    await Promise.all([shared.close(), own.close()]);
    await far.close();
  });

  it.each(ERAS)('is listed and called as far as the policy and the token go (%s)', async (era) => {
    const [ada, eve] = [await connectCaller(shared.url, 'ada', era), await connectCaller(shared.url, 'eve', era)];
    expect((await eve.client.listTools()).tools.map(({ name }) => name)).toEqual(['whoami', 'add', 'talk']);
    expect(ada.client.getInstructions()).toBe('Be brief.');
    const added = await ada.client.callTool({ name: 'add', arguments: { a: 1, b: 2 } });
    expect(added).toMatchObject({ structuredContent: { sum: 3 }, content: [{ text: '3' }] });
    expect(await ada.call('fail')).toBe('Out of paper.');
    expect(await ada.call('work')).toBe('done');
    expect(ada.told).toContain('half');
    expect((await ada.client.readResource({ uri: 'trip://77' })).contents[0]).toMatchObject({ text: 'trip 77' });
    const filled = await ada.client.getPrompt({ name: 'greet', arguments: { who: 'bob' } });
    expect(filled.messages[0]?.content).toMatchObject({ text: 'Greet bob' });
    const ref = { type: 'ref/prompt' as const, name: 'greet' };
    expect((await ada.client.complete({ ref, argument: { name: 'who', value: 'a' } })).completion.values).toEqual([
      'ada',
    ]);
    await expect(ada.call('danger')).rejects.toMatchObject({ code: -32602 });
    await expect(eve.call('work')).rejects.toMatchObject({ status: 403 });
    await Promise.all([ada.close(), eve.close()]);
  });

  it('CO-17 is sent our credentials, and nothing that the caller sent', async () => {
    far.seen.length = 0;
    const headers = { authorization: 'Bearer ada', cookie: 'session=callers', 'x-callers-own': 'yes' };
    const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'add', arguments: { a: 1, b: 1 } } };
    const accept = 'application/json, text/event-stream';
    const init = { method: 'POST', body: JSON.stringify(message) };
    const answer = await fetch(shared.url, {
      ...init,
      headers: { ...headers, accept, 'content-type': 'application/json' },
    });
    expect(await answer.text()).toContain('"sum":2');
    expect(far.seen.length).toBeGreaterThan(0);
    for (const sent of far.seen) {
      expect(sent['x-api-key']).toBe('ours');
      expect(sent).not.toHaveProperty('authorization');
      expect(sent).not.toHaveProperty('cookie');
      expect(sent).not.toHaveProperty('x-callers-own');
      expect(sent).not.toHaveProperty('x-gatehouse-call');
    }
  });

  it.each(ERAS)('asks the caller where each has a connection, and nobody where all share one (%s)', async (era) => {
    const tool = revision === '2025-11-25' ? 'book' : 'ask';
    const rome = await connectCaller(own.url, 'ada', era, 'Rome');
    const oslo = await connectCaller(own.url, 'bob', era, 'Oslo');
    expect(await Promise.all([rome.call(tool), oslo.call(tool)])).toEqual(['Rome', 'Oslo']);
    expect([rome.asked, oslo.asked]).toEqual([['Where to?'], ['Where to?']]);
    const all = await connectCaller(shared.url, 'ada', era, 'Rome');
    expect(await all.call(tool).catch((error: Error) => error.message)).not.toBe('Rome');
    expect(all.asked).toEqual([]);
    await Promise.all([rome.close(), oslo.close(), all.close()]);
  });

  it('is told when the caller gives up', async () => {
    const ada = await connectCaller(shared.url, 'ada', 'auto');
    const leaving = new AbortController();
    const waiting = ada.client.callTool({ name: 'wait' }, { signal: leaving.signal });
    await expect.poll(() => ran).toEqual(['wait']);
    leaving.abort();
    await expect(waiting).rejects.toThrow();
    await expect.poll(() => ran).toEqual(['wait', 'cancelled']);
    await ada.close();
  });

  it.each([
    ['refuses our credentials', 401],
    ['forbids us something', 403],
    ['fails', 500],
    ['sends us elsewhere', 307],
  ])('is out of reach where it %s (%i): never the fault of the caller', async (_, status) => {
    const ada = await connectCaller(shared.url, 'ada', 'auto');
    far.before = (__, response) => void response.writeHead(status, { location: 'http://127.0.0.1:1/mcp' }).end();
    await expect(ada.client.callTool({ name: 'add', arguments: { a: 1, b: 1 } })).rejects.toMatchObject({
      status: 503,
    });
    far.before = undefined;
    expect(await ada.call('add', { a: 1, b: 1 })).toBe('2');
    await ada.close();
  });
});
