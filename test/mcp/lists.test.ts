import { describe, expect, it } from 'vitest';
import { defineServer } from '../../src/mcp/define-server.ts';
import { legacy, modern, serving, user } from './callers.ts';
import { sample } from './sample.ts';

const admin = { principal: user('alice', 'admin', 'audit') };
const names = (items: readonly { name: string }[]) => items.map(({ name }) => name);

/** What each list shows. */
async function shown(ask: ReturnType<typeof serving>['ask'], caller = {}) {
  const list = async (method: string) => (await ask(modern(method), caller)).body.result;
  return {
    tools: names((await list('tools/list')).tools),
    prompts: names((await list('prompts/list')).prompts),
    resources: names((await list('resources/list')).resources),
    templates: names((await list('resources/templates/list')).resourceTemplates),
  };
}

describe('lists', () => {
  it('MC-12 show only what the caller may use, in order of definition', async () => {
    const { definition, ran } = sample();
    const { ask } = serving(definition);
    expect(await shown(ask)).toEqual({
      tools: ['safe', 'fails'],
      prompts: ['greet'],
      resources: ['open'],
      templates: [],
    });
    expect(ran).toEqual([]);
    expect(await shown(ask, admin)).toEqual({
      tools: ['safe', 'admin_tool', 'fails'],
      prompts: ['greet', 'plan'],
      resources: ['open', 'secret://all', 'one'],
      templates: ['file'],
    });
    expect(await shown(ask, { principal: user('bob', 'admin') })).toMatchObject({ tools: ['safe', 'fails'] });
  });

  it('show what a step-up would bring where the server says so, but never list a caller what is behind it', async () => {
    const { definition, ran } = sample({ list: 'all' });
    const { ask } = serving(definition);
    expect(await shown(ask)).toEqual({
      tools: ['safe', 'admin_tool', 'fails'],
      prompts: ['greet', 'plan'],
      resources: ['open', 'secret://all'],
      templates: ['file'],
    });
    expect(ran).toEqual([]);
    expect((await ask(modern('tools/call', { name: 'admin_tool', arguments: {} }))).status).toBe(403);
  });

  it('follow the hierarchy of scopes', async () => {
    const definition = defineServer({
      name: 'h',
      version: '1',
      scopes: { low: 'Low', high: { description: 'High', implies: ['low'] } },
    }).tool('t', { description: 'T', scopes: ['low'] }, () => 'ran');
    const { ask } = serving(definition);
    const tools = async (caller = {}) => names((await ask(modern('tools/list'), caller)).body.result.tools);
    expect(await tools({ principal: user('alice', 'high') })).toEqual(['t']);
    expect((await ask(modern('tools/call', { name: 't' }), { principal: user('alice', 'high') })).status).toBe(200);
    expect(await tools()).toEqual([]);
  });

  it('MC-12 know no cursor, so that a forged one is refused', async () => {
    const { ask } = serving(sample().definition);
    for (const method of ['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list']) {
      for (const era of [modern, legacy]) {
        expect((await ask(era(method, { cursor: 'Mg==' }))).body.error).toEqual({
          code: -32602,
          message: 'The cursor is not known.',
        });
        expect((await ask(era(method))).body.result).not.toHaveProperty('nextCursor');
      }
    }
  });

  it('are private, and not kept where they depend on the caller', async () => {
    const hints = async (definition: Parameters<typeof serving>[0], method: string) => {
      const { ttlMs, cacheScope } = (await serving(definition).ask(modern(method))).body.result;
      return [ttlMs, cacheScope];
    };
    expect(await hints(sample().definition, 'tools/list')).toEqual([0, 'private']);
    expect(await hints(sample({ list: 'all' }).definition, 'tools/list')).toEqual([300_000, 'private']);
    expect(await hints(sample({ list: 'all' }).definition, 'resources/list')).toEqual([0, 'private']);
    expect(await hints(sample().definition, 'server/discover')).toEqual([300_000, 'private']);
    const open = () => defineServer({ name: 'o', version: '1' }).tool('t', { description: 'T', scopes: [] }, () => 1);
    expect(await hints(open(), 'tools/list')).toEqual([300_000, 'private']);
  });

  it('tell of a tool what its definition says', async () => {
    const { ask } = serving(sample().definition);
    expect((await ask(legacy('tools/list'))).body.result.tools[0]).toEqual({
      name: 'safe',
      description: 'Safe',
      inputSchema: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties: { text: { default: '', type: 'string' } },
      },
      _meta: { securitySchemes: [{ type: 'oauth2', scopes: [] }] },
    });
    expect((await ask(legacy('prompts/list'))).body.result.prompts[0]).toEqual({
      name: 'greet',
      description: 'Greet',
      arguments: [{ name: 'who', required: true }],
      _meta: { securitySchemes: [{ type: 'oauth2', scopes: [] }] },
    });
  });
});

describe('the handshakes', () => {
  const hello = legacy('initialize', {
    protocolVersion: '2025-11-25',
    capabilities: {},
    clientInfo: { name: 't', version: '1' },
  });

  it('promise what is there and name no item; words for the log where each call says whether it wants them', async () => {
    const { ask } = serving(sample().definition);
    const capabilities = { tools: {}, prompts: {}, resources: {}, completions: {} };
    for (const [sent, more] of [
      [hello, {}],
      [modern('server/discover'), { logging: {} }],
    ] as const) {
      const { body } = await ask(sent);
      expect(body.result.capabilities).toEqual({ ...capabilities, ...more });
      expect(JSON.stringify(body)).not.toMatch(/admin|secret|safe|file/);
    }
  });

  it('promise nothing of what a server does not have, and answer it with -32601', async () => {
    const { ask } = serving(defineServer({ name: 'empty', version: '1' }));
    expect((await ask(hello)).body.result.capabilities).toEqual({});
    for (const method of ['tools/list', 'prompts/list', 'resources/list', 'completion/complete', 'logging/setLevel']) {
      expect((await ask(legacy(method))).body.error.code).toBe(-32601);
    }
  });
});
