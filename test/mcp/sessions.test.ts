import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../src/core/log.ts';
import type { Principal } from '../../src/core/principal.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { createEndpoint } from '../../src/mcp/endpoint.ts';
import type { SessionOptions } from '../../src/mcp/sessions/session-rules.ts';
import { exchange, legacy, modern, type Sent, user } from './callers.ts';

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: { elicitation: {} },
  clientInfo: { name: 'test', version: '1' },
};
const NOT_FOUND = { error: { code: -32001, message: 'Session not found. Send initialize again to open one.' } };
const STREAM = { accept: 'text/event-stream', 'mcp-protocol-version': '2025-11-25' };

/** A mount whose clients get sessions, with what its callers send. `now` is its clock. */
function sessionful(sessions: true | SessionOptions = true) {
  const definition = defineServer({ name: 's', version: '1', sessions })
    .tool('who', { description: 'W', scopes: [] }, (_, { principal }) => principal.subject)
    .tool('admin', { description: 'A', scopes: ['admin'] }, (_, { principal }) => `admin ${principal.subject}`)
    .tool('ask', { description: 'Q', scopes: [] }, async (_, { elicit }) => {
      const answer = await elicit({ message: 'Name?', schema: z.object({ name: z.string() }) });
      return answer.action === 'accept' ? answer.content.name : answer.action;
    });
  const time = { now: 1_000_000 };
  const endpoint = createEndpoint(definition, { log: silentLog, clock: () => time.now });
  const send = (sent: Sent, principal: Principal = user('alice'), signal?: AbortSignal) =>
    exchange(definition, endpoint, sent, { principal, ...(signal && { signal }) });
  const withId = (id: string) => ({ 'mcp-session-id': id });
  return {
    definition,
    endpoint,
    time,
    send,
    async open(principal?: Principal, headers?: Record<string, string>) {
      const answer = await send(legacy('initialize', INITIALIZE, headers), principal);
      expect(answer.status).toBe(200);
      await answer.text();
      return String(answer.headers.get('mcp-session-id'));
    },
    post: (id: string, method: string, params: Record<string, unknown>, principal?: Principal) =>
      send(legacy(method, params, withId(id)), principal),
    get: (id: string, principal?: Principal, headers = {}, signal?: AbortSignal) =>
      send(
        { httpMethod: 'GET', message: undefined, headers: { ...STREAM, ...withId(id), ...headers } },
        principal,
        signal,
      ),
    remove: (id: string, principal?: Principal) =>
      send({ httpMethod: 'DELETE', message: undefined, headers: { ...STREAM, ...withId(id) } }, principal),
  };
}

const call = { name: 'who', arguments: {} };

const bodyOf = (answer: Response): Promise<object> => answer.json() as Promise<object>;

/** The first message of an answer, as a stream or as it is. */
async function firstOf(answer: Response) {
  const { value = '' } = (await answer.body?.pipeThrough(new TextDecoderStream()).getReader().read()) ?? {};
  return JSON.parse(value.startsWith('{') ? value : (/^data: (.+)$/m.exec(value)?.[1] ?? '{}'));
}

describe('the session of a client of 2025', () => {
  it('XM-02 is not there for another person, another app or another tenant: POST, GET and DELETE', async () => {
    const { open, post, get, remove } = sessionful();
    const alice = user('alice');
    const id = await open(alice);
    const stream = await get(id, alice);
    const others: Principal[] = [
      user('bob', 'admin'),
      { ...alice, clientId: 'another-app' },
      { ...alice, tenant: 't2' },
      { ...alice, issuer: 'https://other.test' },
      { ...alice, kind: 'machine' },
    ];
    for (const other of others) {
      const unknown = await bodyOf(await post('no-such-session', 'tools/call', call, other));
      for (const answer of [await post(id, 'tools/call', call, other), await get(id, other), await remove(id, other)]) {
        expect(answer.status).toBe(404);
        expect([...answer.headers.keys()]).toEqual(['content-type']);
        expect({ ...(await bodyOf(answer)), id: 1 }).toEqual({ ...unknown, id: 1 });
      }
      expect(unknown).toMatchObject(NOT_FOUND);
    }
    const stepped = user('alice', 'admin');
    expect(await firstOf(await post(id, 'tools/call', { name: 'admin' }, stepped))).toMatchObject({
      result: { content: [{ text: 'admin alice' }] },
    });
    expect((await get(id, alice)).status).toBe(409);
    await stream.body?.cancel();
    expect((await remove(id, alice)).status).toBe(204);
    expect((await post(id, 'tools/call', call, alice)).status).toBe(404);
    expect((await remove(id, alice)).status).toBe(404);
  });

  it('XM-02 goes round no scope: each message is decided on by the token that it comes with', async () => {
    const { open, post } = sessionful();
    const id = await open(user('alice', 'admin'));
    const refused = await post(id, 'tools/call', { name: 'admin' }, user('alice'));
    expect([refused.status, await refused.json()]).toEqual([403, { error: 'insufficient_scope', scope: 'admin' }]);
    const listed = await firstOf(await post(id, 'tools/list', {}, user('alice')));
    expect(listed.result.tools.map(({ name }: { name: string }) => name)).toEqual(['who', 'ask']);
  });

  it('XM-04 has one stream: a second one is 409 and takes nothing from the first', async () => {
    const { open, get } = sessionful();
    const id = await open();
    const first = await get(id);
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect((await get(id)).status).toBe(409);
    expect(await Promise.race([first.body?.getReader().closed, 'open'])).toBe('open');
    const again = await open();
    const stream = await get(again);
    await stream.body?.cancel();
    expect((await get(again)).status).toBe(200);
  });

  it('XM-05 has an id of ours, whatever the client sends, and is of one mount', async () => {
    const { open, post } = sessionful();
    const ids = [await open(user('alice'), { 'mcp-session-id': 'mine' }), await open(), await open()];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{43}$/);
    for (const made of [
      'mine',
      '../../somebody',
      'x'.repeat(10_000),
      `${ids[0]}, ${ids[1]}`,
      ids[0]?.toLowerCase() ?? '',
    ]) {
      expect((await post(made, 'tools/call', call)).status).toBe(404);
    }
    const other = sessionful();
    expect((await other.post(ids[0] ?? '', 'tools/call', call)).status).toBe(404);
    expect((await post(ids[0] ?? '', 'tools/call', call)).status).toBe(200);
  });

  it('XM-06 replays nothing for a Last-Event-ID, of its own or of anybody', async () => {
    const { open, get, post } = sessionful();
    const id = await open();
    const calls = await post(id, 'tools/call', call);
    expect(await calls.text()).not.toMatch(/^id:/m);
    for (const event of ['1', '_GET_stream_0', 'alice']) {
      const gone = new AbortController();
      const stream = await get(id, user('alice'), { 'last-event-id': event }, gone.signal);
      expect(stream.status).toBe(200);
      const reader = stream.body?.getReader();
      expect(
        await Promise.race([reader?.read(), new Promise((resolve) => setImmediate(() => resolve('nothing')))]),
      ).toBe('nothing');
      await reader?.cancel();
    }
  });

  it('XM-07 is not needed: a client that sends no id, or speaks 2026-07-28, is served as without sessions', async () => {
    const { send, open } = sessionful();
    for (const era of [legacy, modern]) {
      const answer = await send(era('tools/call', call));
      expect([answer.status, answer.headers.has('mcp-session-id')]).toEqual([200, false]);
      expect(await answer.text()).toContain('alice');
    }
    const id = await open();
    const answer = await send(modern('tools/call', call, { 'mcp-session-id': id }), user('bob'));
    expect([answer.status, answer.headers.has('mcp-session-id')]).toEqual([200, false]);
    expect(await answer.text()).toContain('bob');
    const get = await send({ httpMethod: 'GET', message: undefined, headers: STREAM });
    expect([get.status, await get.json()]).toMatchObject([400, { error: { code: -32000 } }]);
  });

  it('DS-04 ends when it is idle for too long; use, and an open stream, keep it', async () => {
    const { open, post, get, time } = sessionful({ idle: 60 });
    const [used, idle, streaming] = [await open(), await open(), await open()];
    const stream = await get(streaming);
    time.now += 59;
    await (await post(used, 'tools/call', call)).text();
    time.now += 1;
    expect((await post(idle, 'tools/call', call)).status).toBe(404);
    time.now += 58;
    expect((await post(used, 'tools/call', call)).status).toBe(200);
    time.now += 600;
    const taken = await get(streaming);
    expect(taken.status).toBe(409);
    await taken.text();
    await stream.body?.cancel();
    time.now += 60;
    expect((await get(streaming)).status).toBe(404);
  });

  it('DS-04 is kept by an open stream, however many were dropped before it', async () => {
    const { open, post, get, time } = sessionful({ idle: 60 });
    const id = await open();
    for (let dropped = 0; dropped < 3; dropped += 1) await (await get(id)).body?.cancel();
    const stream = await get(id);
    expect(stream.status).toBe(200);
    time.now += 600;
    const answer = await post(id, 'tools/call', call);
    expect([answer.status, (await answer.text()).includes('alice')]).toEqual([200, true]);
    await stream.body?.cancel();
    time.now += 60;
    expect((await post(id, 'tools/call', call)).status).toBe(404);
  });

  it('DS-04 gives way to a new one of the same caller; where all are in use the answer is 429', async () => {
    const { open, post, get, send, time } = sessionful({ perPrincipal: 2 });
    const first = await open();
    time.now += 1;
    const second = await open();
    const strangers = await open(user('bob'));
    time.now += 1;
    const third = await open();
    const statuses = async () =>
      Promise.all([first, second, third].map(async (id) => (await post(id, 'ping', {})).status));
    expect(await statuses()).toEqual([404, 200, 200]);
    expect([await get(second), await get(third)].map(({ status }) => status)).toEqual([200, 200]);
    const refused = await send(legacy('initialize', INITIALIZE));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '30']);
    expect(await refused.json()).toMatchObject({ id: 1, error: { message: 'All of your sessions are in use.' } });
    expect((await post(strangers, 'ping', {}, user('bob'))).status).toBe(200);
  });

  it('DS-04 gives way to a new one of the same person, whichever of their apps it is for', async () => {
    const { open, post, time } = sessionful({ perPerson: 2 });
    const through = (clientId: string) => ({ ...user('alice'), clientId });
    const apps = ['one', 'two', 'three'].map(through);
    const strangers = await open(user('bob'));
    const ids: string[] = [];
    for (const app of apps) {
      ids.push(await open(app));
      time.now += 1;
    }
    const statuses = await Promise.all(ids.map(async (id, index) => (await post(id, 'ping', {}, apps[index])).status));
    expect(statuses).toEqual([404, 200, 200]);
    expect((await post(strangers, 'ping', {}, user('bob'))).status).toBe(200);
  });

  it('DS-04 is refused with 503 where the node has all that it may have, and ends nobody else’s', async () => {
    const { open, post, send, remove, time } = sessionful({ most: 2, idle: 60 });
    const [alices, bobs] = [await open(), await open(user('bob'))];
    const refused = await send(legacy('initialize', INITIALIZE), user('carol'));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '30']);
    expect((await post(bobs, 'ping', {}, user('bob'))).status).toBe(200);
    expect((await remove(alices)).status).toBe(204);
    const carols = await open(user('carol'));
    time.now += 60;
    await open();
    expect((await post(carols, 'ping', {}, user('carol'))).status).toBe(404);
  });

  it('has one request at a time under an id', async () => {
    const { open, post } = sessionful();
    const id = await open();
    const asking = await post(id, 'tools/call', { name: 'ask' });
    const twice = await post(id, 'tools/call', call);
    expect([twice.status, await twice.json()]).toMatchObject([400, { error: { code: -32600 } }]);
    await asking.body?.cancel();
    expect((await post(id, 'tools/call', call)).status).toBe(200);
  });

  it('F06 has its stream ended by a drain, while calls finish; closing ends them, too', async () => {
    const { open, post, get, send, endpoint } = sessionful();
    const id = await open();
    const stream = await get(id);
    const asking = await post(id, 'tools/call', { name: 'ask' });
    await endpoint.endStreams();
    expect(await stream.text()).toBe('');
    expect((await get(id)).status).toBe(503);
    expect((await send(legacy('initialize', INITIALIZE))).status).toBe(503);
    expect((await firstOf(asking)).method).toBe('elicitation/create');
    await endpoint.close();
    expect((await post(id, 'ping', {})).status).toBe(404);
  });
});

describe('I6 people who are asked at the same time', () => {
  it('XM-02 MC-27 each see their own question, and answers of others to it are not found', async () => {
    const { open, post, send } = sessionful();
    const people = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const principal = user(`person-${index}`);
        return { principal, id: await open(principal) };
      }),
    );
    const answer = (id: string, principal: Principal, name: string, request: unknown) =>
      send(
        {
          message: { jsonrpc: '2.0', id: request, result: { action: 'accept', content: { name } } },
          headers: legacy('', {}, { 'mcp-session-id': id }).headers,
        },
        principal,
      );
    const told = await Promise.all(
      people.map(async ({ principal, id }, index) => {
        const asked = await post(id, 'tools/call', { name: 'ask' }, principal);
        const reader = asked.body?.pipeThrough(new TextDecoderStream()).getReader();
        const question = JSON.parse(/^data: (.+)$/m.exec((await reader?.read())?.value ?? '')?.[1] ?? '{}');
        const next = people[(index + 1) % people.length];
        expect((await answer(id, next?.principal ?? principal, 'forged', question.id)).status).toBe(404);
        expect((await answer(id, principal, principal.subject, question.id)).status).toBe(202);
        return (await reader?.read())?.value;
      }),
    );
    for (const [index, text] of told.entries()) expect(text).toContain(`"text":"person-${index}"`);
  });
});

describe('sessions of a definition', () => {
  it('are refused where a number makes no sense, and left out unless they are asked for', () => {
    for (const wrong of [{ idle: 0 }, { most: 1.5 }, { perPrincipal: Infinity }, { forever: 1 } as object]) {
      expect(() => defineServer({ name: 's', version: '1', sessions: wrong })).toThrow(/^Server s: sessions must be/);
    }
    expect(defineServer({ name: 's', version: '1' }).surface().sessions).toBeUndefined();
    expect(defineServer({ name: 's', version: '1', sessions: { idle: 9 } }).surface().sessions).toEqual({
      idle: 9,
      perPrincipal: 10,
      perPerson: 100,
      most: 10_000,
    });
  });
});
