import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { TooManyRequests } from '../../src/core/errors.ts';
import { stateKey } from '../../src/mcp/call-state.ts';
import { type CallContext, defineServer, ToolError } from '../../src/mcp/define-server.ts';
import type { Middleware } from '../../src/mcp/middleware/middleware.ts';
import { withMiddleware } from '../../src/mcp/middleware/with-middleware.ts';
import { keptLog, legacy, modern, serving, user } from './callers.ts';

const eras = [modern, legacy];
const call = (name: string, input: object = {}) => ['tools/call', { name, arguments: input }] as const;

/** A server with one item of each kind, within `middleware`; `ran` is what its handlers did. */
function within(...middleware: Middleware[]) {
  const ran: unknown[] = [];
  const definition = defineServer({ name: 's', version: '1' })
    .use(...middleware)
    .tool(
      'add',
      { description: 'A', input: z.looseObject({ text: z.string() }), scopes: [], tags: ['notes'] },
      (input) => {
        ran.push(input);
        return input.text;
      },
    )
    .tool('fail', { description: 'F', scopes: [] }, () => {
      throw new Error('hunter2');
    })
    .tool('secret', { description: 'S', scopes: ['admin'] }, () => void ran.push('secret'))
    .tool('reads', { description: 'R', scopes: [] }, async (_, { read }) => (await read('note://1')).contents)
    .resource('note://{id}', { scopes: [], complete: { id: () => ['1', '2'] } }, ({ id }) => `note ${id}`)
    .resource('all://notes', { scopes: [] }, () => 'all')
    .prompt('ask', { description: 'P', input: z.object({ what: z.string() }), scopes: [] }, ({ what }) => what);
  return { ran, definition, ...serving(definition) };
}

const textOf = ({ body }: { readonly body: { readonly result: { readonly content: { readonly text: string }[] } } }) =>
  body.result.content[0]?.text;

describe('middleware around what a server does', () => {
  it('is told of every operation, from the outermost to the innermost, and of what comes of it', async () => {
    const told: string[] = [];
    const telling = (who: string): Middleware => ({
      async request(operation, next) {
        told.push(`${who} ${operation.kind} ${operation.method} ${operation.name}`);
        const outcome = await next();
        told.push(`${who} after`);
        return outcome;
      },
      async callTool(operation, next) {
        told.push(`${who} tool ${JSON.stringify(operation.input)} ${[...operation.item.tags]}`);
        return next();
      },
    });
    const { ask } = within(telling('a'), telling('b'));
    const cases: [string, object, string][] = [
      ['tools/list', {}, 'listTools tools/list undefined'],
      ['prompts/list', {}, 'listPrompts prompts/list undefined'],
      ['resources/list', {}, 'listResources resources/list undefined'],
      ['resources/templates/list', {}, 'listTemplates resources/templates/list undefined'],
      ['resources/read', { uri: 'note://7' }, 'readResource resources/read note://7'],
      ['resources/read', { uri: 'all://notes' }, 'readResource resources/read all://notes'],
      ['prompts/get', { name: 'ask', arguments: { what: 'x' } }, 'getPrompt prompts/get ask'],
      [
        'completion/complete',
        { ref: { type: 'ref/resource', uri: 'note://{id}' }, argument: { name: 'id', value: '' } },
        'complete completion/complete note://{id}',
      ],
    ];
    for (const era of eras) {
      for (const [method, params, expected] of cases) {
        expect((await ask(era(method, { ...params }))).body.result).toBeDefined();
        expect(told.splice(0)).toEqual([`a ${expected}`, `b ${expected}`, 'b after', 'a after']);
      }
      expect(textOf(await ask(era(...call('add', { text: 'x' }))))).toBe('x');
      expect(told.splice(0)).toEqual([
        'a callTool tools/call add',
        'a tool {"text":"x"} notes',
        'b callTool tools/call add',
        'b tool {"text":"x"} notes',
        'b after',
        'a after',
      ]);
    }
  });

  it('may change arguments and results, but neither what was sent nor which item runs', async () => {
    const seen: unknown[] = [];
    const { ask, ran } = within({
      async callTool(operation, next) {
        const { input, name } = operation;
        for (const change of [
          () => Object.assign(input, { text: 'changed' }),
          () => Object.assign(input.deep as object, { a: 2 }),
          () => Object.assign(operation, { name: 'secret' }),
        ]) {
          expect(change).toThrow(TypeError);
        }
        const result = await next({ ...input, text: `${input.text} ${name}` });
        return { ...result, content: [...result.content, { type: 'text', text: 'and more' }] };
      },
      request(operation, next) {
        seen.push(operation.input);
        return next();
      },
    });
    const { body } = await ask(modern(...call('add', { text: 'x', deep: { a: 1 } })));
    expect(body.result.content.map(({ text }: { text: string }) => text)).toEqual(['x add', 'and more']);
    expect([seen, ran]).toEqual([[{ text: 'x', deep: { a: 1 } }], [{ text: 'x add', deep: { a: 1 } }]]);
  });

  it('holds changed arguments to the schema of the tool', async () => {
    const { ask, ran } = within({ callTool: (_, next) => next({ text: 7 }) });
    expect((await ask(modern(...call('add', { text: 'x' })))).body.result.isError).toBe(true);
    expect(ran).toEqual([]);
  });

  it('runs for what the gate has let pass, never for what it refused or did not find', async () => {
    const told: string[] = [];
    const { ask, ran } = within({
      async callTool({ name }, next) {
        told.push(name);
        return next();
      },
    });
    for (const era of eras) {
      expect((await ask(era(...call('secret')))).status).toBe(403);
      expect((await ask(era(...call('none')))).body.error.code).toBe(-32602);
    }
    expect([told, ran]).toEqual([[], []]);
    await ask(modern(...call('secret')), { principal: user('alice', 'admin') });
    expect([told, ran]).toEqual([['secret'], ['secret']]);
  });

  it('may refuse in words for the caller, or with a place on the wire, or fail unseen', async () => {
    const log = keptLog();
    const faults: Error[] = [];
    const { ask, ran } = within({
      async request() {
        throw faults[0];
      },
    });
    for (const era of eras) {
      faults[0] = new ToolError('Not today.');
      expect((await ask(era(...call('add', { text: 'x' })))).body.result).toMatchObject({
        isError: true,
        content: [{ text: 'Not today.' }],
      });
      expect((await ask(era('tools/list'))).body.error).toMatchObject({ code: -32602, message: 'Not today.' });
      expect((await ask(era('resources/read', { uri: 'note://1' }))).body.error.message).toBe('Not today.');
      faults[0] = new TooManyRequests('test', 7);
      expect((await ask(era(...call('add', { text: 'x' })))).status).toBe(429);
      expect((await ask(era('tools/list'))).status).toBe(429);
      faults[0] = new Error('hunter2');
      for (const answer of [
        await ask(era(...call('add', { text: 'x' })), { log }),
        await ask(era('tools/list'), { log }),
      ])
        expect(JSON.stringify(answer.body)).toMatch(/Internal error. Request id: r-1/);
    }
    expect(ran).toEqual([]);
    expect(new Set(log.lines.map(({ event }) => event))).toEqual(new Set(['handler_failed']));
  });

  it('sees what a handler threw, before it is hidden', async () => {
    const caught: unknown[] = [];
    const { ask } = within({
      callTool: (_, next) =>
        next().catch((error: unknown) => {
          caught.push(error);
          throw new ToolError('Try again later.', { cause: error });
        }),
    });
    expect(textOf(await ask(modern(...call('fail'))))).toBe('Try again later.');
    expect(caught).toEqual([new Error('hunter2')]);
  });

  it('stands around what a handler reads of its own server', async () => {
    const told: string[] = [];
    const { ask } = within({
      readResource({ name, item }, next) {
        told.push(`${name} ${item.definedAs}`);
        return next();
      },
    });
    await ask(modern(...call('reads')));
    expect(told).toEqual(['note://1 note://{id}']);
  });

  it('shares state with the handler, for one request alone', async () => {
    const KEY = stateKey<string>('word');
    const seen: (string | undefined)[] = [];
    const definition = defineServer({ name: 's', version: '1' })
      .use({
        async message({ context, method }, next) {
          context.state.set(KEY, method);
          await next();
        },
        async callTool({ context }, next) {
          seen.push(context.state.get(KEY));
          context.state.set(KEY, 'from the middleware');
          return next();
        },
      })
      .tool('t', { description: 'T', scopes: [] }, (_, { state }) => {
        seen.push(state.get(KEY), state.get(stateKey<string>('word')));
      });
    const { ask } = serving(definition);
    for (const era of eras) await ask(era(...call('t')));
    expect(seen).toEqual(Array(2).fill(['tools/call', 'from the middleware', undefined]).flat());
  });

  it('says so where it forgets to give back what it got', async () => {
    const log = keptLog();
    const forgets = { callTool: async (_: unknown, next: () => Promise<unknown>) => void (await next()) };
    const { ask } = within(forgets as unknown as Middleware);
    expect((await ask(modern(...call('add', { text: 'x' })), { log })).body.result.isError).toBe(true);
    const fault = 'A middleware gave nothing back for callTool: it must return what next() resolves with.';
    expect(log.lines[0]?.fields.error).toEqual(new TypeError(fault));
  });

  it('is refused where it cannot work, and once the server is mounted', () => {
    const define = () => defineServer({ name: 's', version: '1' });
    for (const [wrong, fault] of [
      [{}, /^A middleware of s has no hook: it is an object of functions called message, /],
      [{ calltool: () => undefined }, /has no hook "calltool"/],
      [{ callTool: 'x' }, /has no hook "callTool"/],
      [() => undefined, /has no hook/],
    ] as const) {
      expect(() => define().use(wrong as Middleware)).toThrow(fault);
      expect(() => withMiddleware(define(), wrong as Middleware)).toThrow(fault);
    }
    const mounted = define();
    mounted.surface();
    expect(() => mounted.use({ callTool: (_, next) => next() })).toThrow(/came too late/);
  });

  it('costs nothing where there is none', () => {
    const { definition } = within();
    const surface = definition.surface();
    expect(surface.middleware).toBeUndefined();
    expect(surface.tools.get('add')).toBe(definition.surface().tools.get('add'));
  });
});

describe('middleware around messages', () => {
  it('is told of requests and notifications, and of what the protocol itself asks for', async () => {
    const told: string[] = [];
    const { raw } = within({
      message: ({ kind, method, params, context: { principal, http } }, next) => {
        told.push(`${kind} ${method} ${params.name ?? ''} ${principal.subject} ${http?.method}`);
        return next();
      },
      notification: ({ method }, next) => {
        told.push(`notified ${method}`);
        return next();
      },
      protocol: async ({ method }, next) => {
        told.push(`protocol ${method}`);
        return next();
      },
    });
    const notification = {
      message: { jsonrpc: '2.0', method: 'notifications/cancelled', params: {} },
      headers: legacy('x').headers,
    };
    await raw(modern(...call('add', { text: 'x' })));
    await raw(modern('server/discover'));
    await raw(legacy('ping'));
    expect((await raw(notification)).status).toBe(202);
    expect(told).toEqual([
      'request tools/call add alice POST',
      'request server/discover  alice POST',
      'protocol server/discover',
      'request ping  alice POST',
      'protocol ping',
      'notification notifications/cancelled  alice POST',
      'notified notifications/cancelled',
    ]);
  });

  it('may refuse a message, in each era as it says such things', async () => {
    const log = keptLog();
    const faults: Error[] = [];
    const { ask, ran } = within({
      async message() {
        throw faults[0];
      },
    });
    for (const [era, status] of [
      [modern, 400],
      [legacy, 200],
    ] as const) {
      faults[0] = new ToolError('Closed.');
      const refused = await ask(era(...call('add', { text: 'x' })));
      expect([refused.status, refused.body]).toEqual([
        status,
        { jsonrpc: '2.0', id: 1, error: { code: -32000, message: 'Closed.' } },
      ]);
      faults[0] = new TooManyRequests('test', 7);
      expect((await ask(era('ping'))).status).toBe(429);
      faults[0] = new Error('hunter2');
      const failed = await ask(era('ping'), { log });
      expect([failed.status, failed.body.error.message]).toEqual([500, 'Internal error. Request id: r-1']);
    }
    expect(ran).toEqual([]);
    expect(log.lines.map(({ event }) => event)).toEqual(['middleware_failed', 'middleware_failed']);
  });

  it('goes on once, or says that nobody answered', async () => {
    const log = keptLog();
    const twice = within({
      async message(_, next) {
        await next();
        await next();
      },
    });
    const never = within({ message: async () => undefined });
    for (const { ask } of [twice, never]) expect((await ask(legacy('ping'), { log })).status).toBe(500);
    expect(log.lines.map(({ fields }) => (fields.error as Error).message)).toEqual([
      'A middleware went on twice with a message: it is served once.',
      'A middleware left ping without an answer: it must call next(), or throw.',
    ]);
  });
});

describe('middleware around anything that can be mounted', () => {
  it('stands around what it had before', async () => {
    const told: string[] = [];
    const telling = (who: string): Middleware => ({
      async request({ kind }, next) {
        told.push(`${who} ${kind}`);
        return next();
      },
    });
    const { definition } = within(telling('inner'));
    const { tools, middleware } = withMiddleware(definition, telling('outer')).surface();
    expect([...tools.keys()]).toEqual([...definition.surface().tools.keys()]);
    expect(middleware?.layers.listTools).toHaveLength(2);
    await tools.get('add')?.run({ text: 'x' }, {} as CallContext);
    expect(told).toEqual(['outer callTool', 'inner callTool']);
  });
});
