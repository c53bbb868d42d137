import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { Change } from '../../src/mcp/changes.ts';
import { defineServer, type ServerOptions } from '../../src/mcp/define-server.ts';
import { until } from '../support/until.ts';
import { legacy, modern, serving, user } from './callers.ts';
import { listen } from './http-host.ts';

/** A server with two items of each kind, and what it tells. */
function setUp(options: Partial<ServerOptions> = {}) {
  const beta = { description: 'x', scopes: [], tags: ['beta'] };
  const definition = defineServer({ name: 's', version: '1', scopes: { admin: 'Administer' }, ...options })
    .tool('a', beta, () => 'a')
    .tool('b', { description: 'B', scopes: [] }, () => 'b')
    .prompt(
      'p',
      { ...beta, input: z.object({ x: z.string().optional() }), complete: { x: () => ['completed'] } },
      () => 'p',
    )
    .resource('r://one', { scopes: [], tags: ['beta'] }, () => 'one')
    .resource('t://{id}', { scopes: [], subscribe: true, complete: { id: () => ['1'] } }, ({ id }) => id);
  const told: Change[] = [];
  definition.surface().changes.watch((change) => void told.push(change));
  const { ask } = serving(definition);
  const names = async (method: string, key: string) =>
    ((await ask(modern(method))).body.result[key] as { name: string }[]).map(({ name }) => name);
  return { definition, told, ask, tools: () => names('tools/list', 'tools') };
}

describe('items that come and go', () => {
  it('a disabled item is as if it had never been defined, in both eras, and comes back in its place', async () => {
    const { definition, ask, tools } = setUp({ listChanged: ['tools', 'prompts', 'resources'] });
    const ways = [
      ['tools/call', { name: 'a' }],
      ['prompts/get', { name: 'p' }],
      ['resources/read', { uri: 'r://one' }],
      ['resources/read', { uri: 't://7' }],
      ['completion/complete', { ref: { type: 'ref/prompt', name: 'p' }, argument: { name: 'x', value: '' } }],
      ['completion/complete', { ref: { type: 'ref/resource', uri: 't://{id}' }, argument: { name: 'id', value: '' } }],
    ] as const;
    for (const era of [modern, legacy]) {
      for (const [method, params] of ways) expect((await ask(era(method, params))).body).toHaveProperty('result');
      definition.disable({ tools: ['a'], tags: ['beta'], resources: ['t://{id}'] });
      for (const [method, params] of ways) expect((await ask(era(method, params))).body).toHaveProperty('error');
      expect(await tools()).toEqual(['b']);
      expect(() => definition.resourceUpdated('t://7', { to: 'everyone' })).toThrow(TypeError);
      definition.enable({ tags: ['beta'], resources: ['t://{id}'] });
      expect(await tools()).toEqual(['a', 'b']);
    }
  });

  it('everybody is told once of each list that has other entries, where the server names it', async () => {
    const { definition, told } = setUp({ listChanged: ['tools', 'resources'] });
    const everyone = (list: string) => ({ kind: 'list', list, to: 'everyone' });
    definition.disable({ tags: ['beta'], resources: ['t://{id}'] });
    expect(told.splice(0)).toEqual([everyone('tools'), everyone('resources')]);
    definition.disable({ tags: ['beta'] });
    expect(told).toEqual([]);
    definition.enable({ tools: ['a'] }).tool('c', { description: 'C', scopes: ['admin'] }, () => 'c');
    expect(told.splice(0)).toEqual([everyone('tools'), everyone('tools')]);
    definition.remove({ tools: ['c'] });
    definition.remove({ prompts: ['p'] });
    expect(told).toEqual([everyone('tools')]);
  });

  it('some alone are left, and all come back', async () => {
    const { definition, told, tools } = setUp({ listChanged: ['tools', 'prompts'] });
    definition.enableOnly({ tools: ['b'] });
    const { prompts, resources, templates } = definition.surface();
    expect([await tools(), prompts.size, resources.size, templates.size]).toEqual([['b'], 0, 0, 0]);
    expect(told).toHaveLength(2);
    definition.enableOnly({ tags: ['beta'] });
    expect([await tools(), prompts.size, resources.size, templates.size]).toEqual([['a'], 1, 1, 0]);
    definition.enable({ tools: ['b'], resources: ['t://{id}'] });
    expect([await tools(), templates.size]).toEqual([['a', 'b'], 1]);
  });

  it('the last item takes the promise with it, unless the list is named as one that changes', async () => {
    for (const [listChanged, left] of [
      [[], { resources: { subscribe: true } }],
      [['tools'], { resources: { subscribe: true }, tools: { listChanged: true } }],
    ] as const) {
      const { definition, ask } = setUp({ listChanged });
      const promised = async () => {
        const {
          logging: _,
          completions: __,
          ...rest
        } = (await ask(modern('server/discover'))).body.result.capabilities;
        return rest;
      };
      expect(await promised()).toMatchObject({ tools: {}, prompts: {} });
      definition.disable({ tools: ['a', 'b'], prompts: ['p'] });
      expect(await promised()).toEqual(left);
      const { body } = await ask(legacy('tools/list'));
      expect(listChanged.length === 0 ? body.error.code : body.result.tools).toEqual(
        listChanged.length === 0 ? -32601 : [],
      );
      definition.enable({ tools: ['b'] });
      expect((await ask(legacy('tools/call', { name: 'b' }))).body.result.content[0].text).toBe('b');
    }
  });

  it('MC-10 an item that comes after mounting is behind its scopes, and needs none that the gate has not been told of', async () => {
    const { definition, ask, tools } = setUp();
    definition.tool('late', { description: 'Late', scopes: ['admin'] }, () => 'late');
    expect(await tools()).toEqual(['a', 'b']);
    expect((await ask(modern('tools/call', { name: 'late' }))).status).toBe(403);
    const called = await ask(modern('tools/call', { name: 'late' }), { principal: user('root', 'admin') });
    expect(called.body.result.content[0].text).toBe('late');
    expect(() => definition.tool('later', { description: 'Later', scopes: ['unheard'] }, () => '')).toThrow(
      'Tool "later" of s needs the scope "unheard", which was not there when the server was mounted: name it in its `scopes`.',
    );
  });

  it('names what it was asked to disable and does not have', () => {
    const { definition } = setUp();
    for (const [choice, message] of [
      [{ tools: ['x'] }, 'Server s has no tools called "x".'],
      [{ prompts: ['a'] }, 'Server s has no prompts called "a".'],
      [{ resources: ['t://7'] }, 'Server s has no resources called "t://7".'],
      [{ tools: ['a'], tags: ['beta', 'gamma'] }, 'Server s has no item with the tag "gamma".'],
    ] as const) {
      expect(() => definition.disable(choice)).toThrow(new TypeError(message));
    }
    expect(definition.surface().tools.size).toBe(2);
  });

  it('a client of a session hears of it and finds the list empty, then full again', async () => {
    const { definition } = setUp({ listChanged: ['tools'], sessions: true });
    const host = await listen(definition, { alice: user('alice') });
    onTestFinished(() => host.close());
    const client = new Client({ name: 'client', version: '1' });
    let told = 0;
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      told += 1;
    });
    const requestInit = { headers: { authorization: 'Bearer alice' } };
    const transport = new StreamableHTTPClientTransport(host.url, { requestInit });
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    onTestFinished(() => client.close());
    // Its stream may not be open at first.
    await until(
      async () => definition.disable({ tools: ['b'] }).enable({ tools: ['b'] }) && told,
      ({ value = 0 }) => value > 0,
    );
    definition.disable({ tools: ['a', 'b'] });
    expect((await client.listTools()).tools).toEqual([]);
    definition.enable({ tools: ['a'] });
    expect((await client.listTools()).tools).toHaveLength(1);
  });
});

describe('a name that is taken', () => {
  const twice = (duplicates: NonNullable<ServerOptions['duplicates']>) => {
    const definition = defineServer({ name: 's', version: '1', duplicates });
    for (const version of ['first', 'second']) {
      definition
        .tool('t', { description: version, scopes: [] }, () => version)
        .prompt('p', { description: version, scopes: [] }, () => version)
        .resource('r:one', { description: version, scopes: [] }, () => version)
        .resource(`t:{${version}}`, { description: version, scopes: [] }, () => version);
    }
    const { tools, prompts, resources, templates } = definition.surface();
    return [tools, prompts, resources, templates].flatMap((items) =>
      [...items.values()].map(({ listing }) => listing.description),
    );
  };

  it('is refused, or the later or the earlier definition counts, as the server says', () => {
    expect(() => twice('error')).toThrow('Tool "t" of s is defined twice.');
    expect(twice('replace')).toEqual(['second', 'second', 'second', 'second']);
    expect(twice('ignore')).toEqual(['first', 'first', 'first', 'first']);
    expect(() => twice('sometimes' as 'error')).toThrow('duplicates must be one of error, warn, replace, ignore.');
  });

  it('is warned of by the process where the server wants that', async () => {
    const warned: string[] = [];
    const keep = ({ name, message }: Error) => void (name === 'GatehouseWarning' && warned.push(message));
    process.on('warning', keep);
    onTestFinished(() => void process.off('warning', keep));
    expect(twice('warn')).toEqual(['second', 'second', 'second', 'second']);
    await until(
      async () => warned,
      ({ value = [] }) => value.length === 4,
    );
    expect(warned[0]).toBe('Tool "t" of s is defined twice: the later one counts.');
    expect(warned[3]).toBe(
      'Resource "t:{second}" of s (which has the same form as "t:{first}") is defined twice: the later one counts.',
    );
  });
});
