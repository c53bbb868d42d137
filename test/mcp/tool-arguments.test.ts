import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { coerceInput } from '../../src/mcp/coerce-input.ts';
import { defineServer, type ServerOptions } from '../../src/mcp/define-server.ts';
import { keptLog, legacy, modern, serving, user } from './callers.ts';
import { listen } from './http-host.ts';

const define = (options: Partial<ServerOptions> = {}) => defineServer({ name: 's', version: '1', ...options });

/** What `tool` makes of arguments, in both eras, and what it lists of them. */
function calling(definition: ReturnType<typeof define>) {
  const { ask } = serving(definition);
  return {
    async call(input: Record<string, unknown>, caller = {}) {
      const answers = [modern, legacy].map(async (era) => {
        const { body } = await ask(era('tools/call', { name: 't', arguments: input }), caller);
        return body.result.isError ? body.result.content[0].text : body.result.structuredContent;
      });
      const [first, second] = await Promise.all(answers);
      expect(second).toEqual(first);
      return first;
    },
    schema: async () => (await ask(modern('tools/list'))).body.result.tools[0].inputSchema,
  };
}

const described = { description: 'T', scopes: [] };

describe('hidden arguments', () => {
  const input = z.object({ text: z.string(), userId: z.string().min(2), at: z.number() });
  const hidden = {
    userId: ({ principal }: { principal: { subject: string } }) => principal.subject,
    at: async () => 7,
  };
  const setUp = (options: Partial<ServerOptions> = {}) =>
    calling(define(options).tool('t', { ...described, input, hidden }, (given) => given));

  it('are supplied by the host, for the caller of each call, and are in no schema that clients see', async () => {
    const { call, schema } = setUp();
    expect(await call({ text: 'x' })).toEqual({ text: 'x', userId: 'alice', at: 7 });
    expect(await call({ text: 'x' }, { principal: user('bob') })).toMatchObject({ userId: 'bob' });
    const seen = await schema();
    expect(seen).toMatchObject({ properties: { text: { type: 'string' } }, required: ['text'] });
    expect(JSON.stringify(seen)).not.toMatch(/userId|"at"/);
  });

  it('MC-22 cannot be set by a client, whatever it sends for them', async () => {
    const { call } = setUp();
    for (const value of ['mallory', '', null, undefined, { toString: 1 }]) {
      const sent = { text: 'x', userId: value ?? null };
      expect(await call(sent)).toBe('The arguments are not valid: userId: There is no such argument.');
    }
    expect(await call(JSON.parse('{"text":"x","__proto__":{"userId":"mallory"}}'))).toMatchObject({ userId: 'alice' });
  });

  it('that do not fit are a fault of ours: the caller does not read about them', async () => {
    const log = keptLog();
    const { call } = setUp();
    expect(await call({ text: 'x' }, { principal: user('a'), log })).toBe('Internal error. Request id: r-1');
    expect(String(log.lines[0]?.fields.error)).toContain('userId');
    expect(await call({ text: 1 })).toMatch(/^The arguments are not valid: text: /);
  });

  it('take what only they refer to out of the schema', async () => {
    const tenant = z.object({ secretName: z.string() }).meta({ id: 'Tenant' });
    const note = z.object({ body: z.string() }).meta({ id: 'Note' });
    const shared = z.object({ a: note, b: note, tenant, other: tenant });
    const supply = { tenant: () => ({ secretName: 's' }), other: () => ({ secretName: 's' }) };
    const { call, schema } = calling(
      define().tool('t', { ...described, input: shared, hidden: supply }, (given) => given),
    );
    expect(Object.keys((await schema()).$defs)).toEqual(['Note']);
    expect(await call({ a: { body: '1' }, b: { body: '2' } })).toMatchObject({ tenant: { secretName: 's' } });
  });

  it('must be arguments of a plain object', () => {
    const union = z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]);
    const tool = (options: object) => () => define().tool('t', { ...described, ...options }, () => '');
    expect(tool({ input, hidden: { user: () => '' } })).toThrow('Tool "t" of s: input has no argument "user" to hide.');
    expect(tool({ input: union, hidden: { a: () => '' } })).toThrow('input has no argument "a" to hide.');
    expect(tool({ hidden: { a: () => '' } })).toThrow('input has no argument "a" to hide.');
    // @ts-expect-error what is supplied has the type of the argument
    define().tool('t', { ...described, input, hidden: { at: () => 'now' } }, () => '');
  });
});

describe('arguments', () => {
  const input = z.object({
    count: z.number(),
    on: z.boolean().optional(),
    tags: z.array(z.number()).optional(),
    filter: z.object({ size: z.int(), name: z.string() }).optional(),
    code: z.union([z.string(), z.number()]).optional(),
    kind: z.enum(['1', '2']).optional(),
    limit: z.number().nullable().optional(),
  });
  const tool = (rules: object, server: Partial<ServerOptions> = {}) =>
    calling(define(server).tool('t', { ...described, input, ...rules }, (given) => given));

  it('are what the schema makes of them, unless the tool says otherwise', async () => {
    const { call, schema } = tool({});
    expect(await call({ count: 1, more: 2 })).toEqual({ count: 1 });
    expect(await call({ count: '1' })).toMatch('count: ');
    expect(await schema()).not.toHaveProperty('additionalProperties');
  });

  it('that nobody named are refused by a strict tool, and clients are told so beforehand', async () => {
    for (const { call, schema } of [tool({ strict: true }), tool({}, { toolRules: { strict: true } })]) {
      expect(await call({ count: 1, more: 2 })).toBe('The arguments are not valid: more: There is no such argument.');
      expect(await call({ count: 1 })).toEqual({ count: 1 });
      expect(await schema()).toMatchObject({ additionalProperties: false });
    }
    expect(await tool({ strict: false }, { toolRules: { strict: true } }).call({ count: 1, more: 2 })).toEqual({
      count: 1,
    });
    const open = { ...described, input: z.looseObject({}), strict: true };
    expect(() => define().tool('t', open, () => '')).toThrow(
      'strict is for an input whose JSON Schema names every argument',
    );
  });

  it('written as texts are read as what the schema wants by a coercing tool', async () => {
    const { call } = tool({ coerce: true, strict: true });
    const texts = {
      count: '1.5',
      on: 'true',
      tags: '[1, "2"]',
      filter: '{"size": "3", "name": "4"}',
      code: '5',
      kind: '1',
    };
    const read = { count: 1.5, on: true, tags: [1, 2], filter: { size: 3, name: '4' }, code: '5', kind: '1' };
    expect(await call({ ...texts, limit: '6' })).toEqual({ ...read, limit: 6 });
    expect(await call({ ...read, limit: null })).toEqual({ ...read, limit: null });
    for (const [name, value] of Object.entries({ count: '0x10', on: 'yes', tags: '[1', filter: '[]', limit: '' })) {
      expect(await call({ count: 1, [name]: value })).toMatch(`The arguments are not valid: ${name}: `);
    }
  });
});

describe('texts that hold more than a message may', () => {
  const list = (count: number) => JSON.stringify(Array.from({ length: count }, () => ({})));

  it('DS-03 stay texts, each by itself and all together', () => {
    const lists = { type: 'array', items: { type: 'array' } };
    const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`;
    for (const much of [list(60_000), deep]) expect(coerceInput({ type: 'array' }, much)).toBe(much);
    const three = JSON.stringify(Array(3).fill(list(20_000)));
    expect(coerceInput(lists, three)).toBe(three);
    expect(coerceInput(lists, JSON.stringify(Array(2).fill(list(20_000))))).toHaveLength(2);
  });
});

describe('a tool with a timeout', () => {
  it('is given up when its time is over: the caller is told, its signal aborts, what it still does counts for nothing', async () => {
    const log = keptLog();
    const aborted: unknown[] = [];
    const definition = define({ toolRules: { timeout: 60 } }).tool(
      't',
      { ...described, input: z.object({ wait: z.boolean() }), timeout: 0.02 },
      async ({ wait }, { signal }) => {
        if (!wait) return { done: true };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        aborted.push(signal.reason);
        throw new Error('too late');
      },
    );
    const { call } = calling(definition);
    expect(await call({ wait: true }, { log })).toBe('This took longer than 0.02 s and was given up.');
    expect(aborted).toHaveLength(2);
    expect(log.lines.map(({ event }) => event)).toContain('handler_timed_out');
    expect(log.lines.map(({ event }) => event)).not.toContain('handler_failed');
    expect(await call({ wait: false })).toEqual({ done: true });
  });

  it('takes back what it has asked its client on the way', async () => {
    const definition = define({ sessions: true }).tool('t', { ...described, timeout: 0.05 }, async (_, { elicit }) =>
      elicit({ message: 'Well?', schema: z.object({ ok: z.boolean() }) }),
    );
    const host = await listen(definition, { alice: user('alice') });
    onTestFinished(() => host.close());
    const versionNegotiation = { mode: 'legacy' } as const;
    const client = new Client({ name: 'c', version: '1' }, { capabilities: { elicitation: {} }, versionNegotiation });
    const takenBack = Promise.withResolvers<string>();
    client.setRequestHandler('elicitation/create', async ({ params }, { mcpReq }) => {
      await new Promise((resolve) => mcpReq.signal.addEventListener('abort', resolve));
      takenBack.resolve(params.message);
      return { action: 'cancel' as const };
    });
    const requestInit = { headers: { authorization: 'Bearer alice' } };
    await client.connect(new StreamableHTTPClientTransport(host.url, { requestInit }));
    onTestFinished(() => client.close());
    const { content } = await client.callTool({ name: 't' });
    expect(content).toMatchObject([{ text: 'This took longer than 0.05 s and was given up.' }]);
    expect(await takenBack.promise).toBe('Well?');
  });

  it('needs a time that there is', () => {
    for (const timeout of [0, -1, Number.NaN, 86_401, '5' as unknown as number]) {
      expect(() => define().tool('t', { ...described, timeout }, () => '')).toThrow(
        'Tool "t" of s: timeout must be seconds',
      );
    }
  });
});

describe('what items and servers say of themselves', () => {
  const icons = [{ src: 'https://example.com/i.png', mimeType: 'image/png', sizes: ['48x48'] }];
  const meta = { 'example.com/kind': ['a'] };
  const facts = { ...described, title: 'Title', icons, meta, tags: ['internal'] };

  it('is listed: title, icons, _meta; tags are not', async () => {
    const definition = define({ icons, websiteUrl: 'https://example.com', description: 'For tests' })
      .tool('t', { ...facts, annotations: { readOnlyHint: true } }, () => '')
      .prompt('p', facts, () => '')
      .resource('r:one', { ...facts, size: 3, annotations: { priority: 1 } }, () => 'one')
      .resource('r:{id}', { ...facts, annotations: { audience: ['user'] } }, ({ id }) => id);
    const { ask } = serving(definition);
    const listed = { description: 'T', title: 'Title', icons, _meta: meta };
    for (const era of [modern, legacy]) {
      const list = async (method: string, key: string) => (await ask(era(method))).body.result[key][0];
      expect(await list('tools/list', 'tools')).toMatchObject({ ...listed, annotations: { readOnlyHint: true } });
      expect(await list('prompts/list', 'prompts')).toMatchObject(listed);
      expect(await list('resources/list', 'resources')).toMatchObject({
        ...listed,
        size: 3,
        annotations: { priority: 1 },
      });
      const template = await list('resources/templates/list', 'resourceTemplates');
      expect(template).toMatchObject({ ...listed, annotations: { audience: ['user'] } });
      expect(JSON.stringify((await ask(era('tools/list'))).body)).not.toContain('internal');
    }
    const { _meta } = (await ask(modern('server/discover'))).body.result;
    expect(_meta['io.modelcontextprotocol/serverInfo']).toMatchObject({
      icons,
      websiteUrl: 'https://example.com',
      description: 'For tests',
    });
  });

  it('has icons that clients may load, and a meta that has a JSON form', () => {
    for (const src of ['http://example.com/i.png', 'javascript:alert(1)', 'data:text/html,x', '/i.png']) {
      expect(() => define().tool('t', { ...described, icons: [{ src }] }, () => '')).toThrow('Tool "t" of s: the icon');
      expect(() => define({ icons: [{ src }] })).toThrow('Server s: the icon');
    }
    expect(() => define().prompt('p', { ...described, meta: [] as never }, () => '')).toThrow('meta must be an object');
  });
});
