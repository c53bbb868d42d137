import { assert, type JsonValue, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Principal } from '../../src/core/principal.ts';
import { defineServer, ToolError } from '../../src/mcp/define-server.ts';
import { cacheKey } from '../../src/mcp/middleware/cache-key.ts';
import { memoryCache, type ResponseCacheOptions, responseCache } from '../../src/mcp/middleware/index.ts';
import type { Operation } from '../../src/mcp/middleware/middleware.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { keptLog, legacy, modern, serving, user } from './callers.ts';

const look = (input: object = {}) => modern('tools/call', { name: 'look', arguments: input });
const schema = z.object({ sure: z.boolean() });

/** A server behind a cache; `ran` is what its handlers did. */
function cached(options?: ResponseCacheOptions, name = 's') {
  const ran: string[] = [];
  const run = (what: string) => {
    ran.push(what);
    return `${what} ${ran.length}`;
  };
  const reads = { readOnlyHint: true };
  const input = z.looseObject({});
  const definition = defineServer({ name, version: '1' })
    .use(responseCache(options))
    .tool('look', { description: 'L', input, scopes: [], annotations: reads }, () => run('look'))
    .tool('change', { description: 'C', scopes: [] }, () => run('change'))
    .tool('fail', { description: 'F', scopes: [], annotations: reads }, () => {
      run('fail');
      throw new ToolError('No.');
    })
    .tool('wrong', { description: 'W', scopes: [], annotations: reads }, () => ({
      content: [{ type: 'text' as const, text: run('wrong') }],
      isError: true,
    }))
    .tool('asks', { description: 'A', scopes: [], annotations: reads }, async (_, { elicit }) => {
      run('asks');
      return (await elicit({ message: 'Sure?', schema })).action;
    })
    .tool('swallows', { description: 'A', scopes: [], annotations: reads }, async (_, { elicit }) => {
      await elicit({ message: 'Sure?', schema }).catch(() => undefined);
      return run('swallows');
    })
    .resource('note://{id}', { scopes: [] }, ({ id }) => run(id))
    .prompt('ask', { description: 'P', input, scopes: [] }, () => run('ask'));
  return { ran, ...serving(definition) };
}

const alice = user('alice', 'a', 'b');

/** The same value, its members in order of their names, or in turned order. */
const sorted = (value: unknown): unknown => reordered(value, (members) => members.sort(([a], [b]) => (a < b ? -1 : 1)));
const turned = (value: JsonValue): JsonValue =>
  JSON.parse(JSON.stringify(value, (_, member) => reordered(member, (members) => members.reverse())));
const reordered = (value: unknown, order: (members: [string, unknown][]) => [string, unknown][]): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(order(Object.entries(value)))
    : value;

describe('a cache of answers', () => {
  it('answers the same caller again without the handler, in either era', async () => {
    const { ask, ran } = cached();
    const first = await ask(look({ a: 1, b: [{ c: 2, d: 3 }] }), { principal: alice });
    expect((await ask(look({ b: [{ d: 3, c: 2 }], a: 1 }), { principal: alice })).body).toEqual(first.body);
    const older = legacy('tools/call', { name: 'look', arguments: { a: 1, b: [{ c: 2, d: 3 }] } });
    expect((await ask(older, { principal: alice })).body.result.content).toEqual(first.body.result.content);
    for (const message of [modern('resources/read', { uri: 'note://1' }), modern('prompts/get', { name: 'ask' })]) {
      for (let time = 0; time < 2; time += 1) await ask(message, { principal: alice });
    }
    expect(ran).toEqual(['look', '1', 'ask']);
  });

  it('never gives one caller the answer of another, nor of the same with other scopes or claims', async () => {
    const { ask, ran } = cached();
    const others: Principal[] = [
      alice,
      user('alice', 'a'),
      user('bob', 'a', 'b'),
      { ...alice, issuer: 'https://other.test' },
      { ...alice, kind: 'machine' },
      { ...alice, clientId: 'another-app' },
      { ...alice, tenant: 't' },
      { ...alice, claims: { role: 'admin' } },
      { ...alice, claims: { role: ['admin'] } },
      { ...alice, resource: 'https://rs.test/b/mcp' },
    ];
    for (const principal of others) await ask(look(), { principal });
    expect(ran).toHaveLength(others.length);
    const renewed = { ...alice, expiresAt: 5_000_000_000, claims: { exp: 5_000_000_000, jti: 'x', iat: 1, nbf: 1 } };
    await ask(look(), { principal: { ...renewed, scopes: new Set(['b', 'a']) } });
    expect(ran).toHaveLength(others.length);
  });

  it('never answers for other arguments or items', async () => {
    const { ask, ran } = cached();
    for (const input of [
      {},
      { a: null },
      { a: [] },
      { a: {} },
      { a: '1' },
      { a: 1 },
      { a: ['list'] },
      { a: [['a', 1]] },
    ]) {
      await ask(look(input));
    }
    expect(ran).toHaveLength(8);
    for (const uri of ['note://1', 'note://2']) await ask(modern('resources/read', { uri }));
    expect(ran.slice(8)).toEqual(['1', '2']);
  });

  it('has one key for equal arguments, and another for any others', () => {
    const keyOf = (value: JsonValue) => {
      const operation = { kind: 'callTool', server: {}, name: 't', input: { value }, context: { principal: alice } };
      return cacheKey(operation as unknown as Operation, 'here', false);
    };
    assert(
      property(jsonValue({ maxDepth: 2 }), jsonValue({ maxDepth: 2 }), (a, b) => {
        const same = (value: JsonValue) => JSON.stringify(value, (_, member) => sorted(member));
        expect(keyOf(a) === keyOf(b)).toBe(same(a) === same(b));
        expect(keyOf(turned(a))).toBe(keyOf(a));
      }),
    );
  });

  it('keeps each page of a list by itself', async () => {
    const definition = defineServer({ name: 's', version: '1', pageSize: 1 })
      .use(responseCache({ seconds: { listTools: 60 } }))
      .tool('a', { description: 'A', scopes: [] }, () => 'a')
      .tool('b', { description: 'B', scopes: [] }, () => 'b');
    const { ask } = serving(definition);
    for (let time = 0; time < 2; time += 1) {
      const first = (await ask(modern('tools/list'))).body.result;
      const second = (await ask(modern('tools/list', { cursor: first.nextCursor }))).body.result;
      expect([...first.tools, ...second.tools].map(({ name }) => name)).toEqual(['a', 'b']);
    }
  });

  it('keeps no error, nothing that may change something, and nothing that a person was asked about', async () => {
    const { ask, ran } = cached();
    const _meta = { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {} } };
    for (const name of ['change', 'fail', 'wrong', 'asks', 'swallows']) {
      const asked = await ask(modern('tools/call', { name, _meta }));
      const { requestState, inputRequests } = asked.body.result;
      const answers =
        inputRequests === undefined
          ? {}
          : { requestState, inputResponses: { 'question-1': { action: 'accept', content: { sure: true } } } };
      await ask(modern('tools/call', { name, _meta, ...answers }));
      const before = ran.length;
      await ask(modern('tools/call', { name, _meta }));
      expect([name, ran.length]).toEqual([name, before + 1]);
    }
  });

  it('gives what is public to everybody who may use the item', async () => {
    const { ask, ran } = cached({ isPublic: ({ name }) => name === 'look' });
    const first = await ask(look(), { principal: alice });
    expect((await ask(look(), { principal: user('bob') })).body).toEqual(first.body);
    expect(ran).toEqual(['look']);
  });

  it('keeps kinds and items as it is told, and no answer that is too large', async () => {
    const lists = cached({ seconds: { callTool: 5 }, keeps: ({ name }) => name === 'change' });
    for (let time = 0; time < 2; time += 1) {
      for (const name of ['look', 'change']) await lists.ask(modern('tools/call', { name }));
      await lists.ask(modern('resources/read', { uri: 'note://1' }));
    }
    expect(lists.ran).toEqual(['look', 'change', '1', 'look', '1']);
    const small = cached({ bytes: 20 });
    for (let time = 0; time < 2; time += 1) await small.ask(look());
    expect(small.ran).toHaveLength(2);
  });

  it('forgets after its seconds, in memory and in any store', async () => {
    let now = 1000;
    const clock = () => now;
    for (const store of [memoryCache({ clock }), memoryStore({ clock })]) {
      const { ask, ran } = cached({ store, namespace: 's', seconds: { callTool: 10 } });
      await ask(look());
      now += 9;
      await ask(look());
      expect(ran).toHaveLength(1);
      now += 1;
      await ask(look());
      expect(ran).toHaveLength(2);
    }
  });

  it('keeps the answers of servers apart that share a store', async () => {
    const store = memoryCache();
    const [one, two] = ['one', 'two'].map((namespace) => cached({ store, namespace }));
    for (const each of [one, two]) await each?.ask(look());
    expect([one?.ran.length, two?.ran.length]).toEqual([1, 1]);
    const again = cached({ store, namespace: 'one' });
    await again.ask(look());
    expect(again.ran).toEqual([]);
    expect(() => responseCache({ store })).toThrow('responseCache needs a namespace');
  });

  it('keeps the answers of servers apart that have one cache and one name', async () => {
    const cache = responseCache({ seconds: { readResource: 60, listResources: 60 } });
    const notes = (whose: string) =>
      defineServer({ name: 'notes', version: '1' })
        .use(cache)
        .resource('notes://x', { scopes: [], description: whose }, () => `notes of ${whose}`);
    const { ask } = serving(defineServer({ name: 'hub', version: '1' }).mount('a', notes('A')).mount('b', notes('B')));
    const read = async (uri: string) => (await ask(modern('resources/read', { uri }))).body.result.contents[0].text;
    expect([await read('notes://a/x'), await read('notes://b/x')]).toEqual(['notes of A', 'notes of B']);
    for (const whose of ['A', 'B']) {
      const alone = serving(notes(whose));
      for (let time = 0; time < 2; time += 1) {
        const { resources } = (await alone.ask(modern('resources/list'))).body.result;
        expect(resources[0].description).toBe(whose);
      }
    }
  });

  it('does without a store that fails', async () => {
    const log = keptLog();
    const down = () => Promise.reject(new Error('down'));
    const { ask, ran } = cached({ store: { get: down, put: down }, namespace: 's' });
    for (let time = 0; time < 2; time += 1) expect((await ask(look(), { log })).status).toBe(200);
    expect(ran).toHaveLength(2);
    expect(log.lines.map(({ event }) => event)).toEqual(Array(4).fill('answer_store_failed'));
  });

  it('holds no more in memory than it may', async () => {
    const cache = memoryCache({ answers: 2, characters: 10, clock: () => 0 });
    await cache.put('a', '1', 60);
    await cache.put('b', '2', 60);
    await cache.get('a');
    await cache.put('c', '3', 60);
    expect([await cache.get('a'), await cache.get('b'), await cache.get('c')]).toEqual(['1', undefined, '3']);
    await cache.put('d', '0123456789', 60);
    expect([await cache.get('a'), await cache.get('c'), await cache.get('d')]).toEqual([
      undefined,
      undefined,
      '0123456789',
    ]);
    await cache.put('e', '0123456789x', 60);
    expect([await cache.get('d'), await cache.get('e')]).toEqual([undefined, undefined]);
  });
});
