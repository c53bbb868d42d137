import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../src/core/log.ts';
import { defineServer, ToolError } from '../../src/mcp/define-server.ts';
import { createEndpoint, type Endpoint } from '../../src/mcp/endpoint.ts';
import { type Caller, exchange, keptLog, legacy, modern, serving } from './callers.ts';
import { sample } from './sample.ts';

const define = () => defineServer({ name: 's', version: '1' });

/** What a tool that returns `value` answers in each era. */
async function answerTo(value: unknown, output?: z.ZodType, caller?: Caller) {
  const definition = define().tool('t', { description: 'T', scopes: [], ...(output && { output }) }, () => value);
  const { ask } = serving(definition);
  const { resultType, _meta, ...result } = (await ask(modern('tools/call', { name: 't' }), caller)).body.result;
  return { modern: result, legacy: (await ask(legacy('tools/call', { name: 't' }), caller)).body.result };
}

const alike = <T>(result: T) => ({ modern: result, legacy: result });
const text = (content: string) => ({ type: 'text', text: content });

describe('what a tool returns', () => {
  it('is sent as text, structured content, blocks or a complete result', async () => {
    expect(await answerTo('hi')).toEqual(alike({ content: [text('hi')] }));
    expect(await answerTo(undefined)).toEqual(alike({ content: [] }));
    expect(await answerTo(null)).toEqual(alike({ content: [] }));
    expect(await answerTo([])).toEqual(alike({ content: [] }));
    expect(await answerTo({ a: 1 })).toEqual(alike({ content: [text('{"a":1}')], structuredContent: { a: 1 } }));
    const image = { type: 'image', data: 'aGk=', mimeType: 'image/png' };
    expect(await answerTo([text('a'), image])).toEqual(alike({ content: [text('a'), image] }));
    const complete = { content: [text('a')], structuredContent: { a: 1 }, isError: true };
    expect(await answerTo(complete)).toEqual(alike(complete));
    expect(await answerTo({ content: 'mine' })).toMatchObject(alike({ structuredContent: { content: 'mine' } }));
    expect(await answerTo({ at: new Date(0) })).toMatchObject(
      alike({ structuredContent: { at: '1970-01-01T00:00:00.000Z' } }),
    );
  });

  it('may be any JSON value, wrapped for clients that know objects only', async () => {
    expect(await answerTo([1, 2])).toEqual({
      modern: { content: [text('[1,2]')], structuredContent: [1, 2] },
      legacy: { content: [text('[1,2]')], structuredContent: { result: [1, 2] } },
    });
    expect(await answerTo(7)).toMatchObject({
      modern: { structuredContent: 7 },
      legacy: { structuredContent: { result: 7 } },
    });
  });

  it('is held to the output schema: more is left out, other is an error in the log only', async () => {
    const output = z.object({ id: z.string() });
    expect(await answerTo({ id: 'a', internal: 1 }, output)).toEqual(
      alike({ content: [text('{"id":"a"}')], structuredContent: { id: 'a' } }),
    );
    const log = keptLog();
    const wrong = await answerTo({ id: 1, internal: 'x' }, output, { log, requestId: 'r-7' });
    expect(wrong).toEqual(alike({ content: [text('Internal error. Request id: r-7')], isError: true }));
    expect(String(log.lines[0]?.fields.error)).toContain('The result does not fit the output schema: id:');
    expect(await answerTo({ content: [text('a')] }, output)).toMatchObject(alike({ isError: true }));
    const complete = { content: [text('a')], structuredContent: { id: 'a' } };
    expect(await answerTo(complete, output)).toEqual(alike(complete));
    expect(await answerTo({ content: [text('no')], isError: true }, output)).toEqual(
      alike({ content: [text('no')], isError: true }),
    );
  });
});

describe('what goes wrong in a tool', () => {
  const fail = (how: string, era = modern) => era('tools/call', { name: 'fails', arguments: { how } });

  it('reaches the caller in the words of a ToolError, and only those', async () => {
    const log = keptLog();
    const { body } = await serving(sample().definition).ask(fail('expected'), { log });
    expect(body.result).toMatchObject({ content: [text('Out of paper.')], isError: true });
    expect(JSON.stringify(body)).not.toContain('10.0.0.7');
    expect(log.lines).toEqual([]);
  });

  it('LG-03 is a request id to the caller and everything to the log where it was not expected', async () => {
    for (const era of [modern, legacy]) {
      const log = keptLog();
      const { status, body } = await serving(sample().definition).ask(fail('crash', era), { log, requestId: 'r-42' });
      expect(status).toBe(200);
      expect(body.result).toMatchObject({ content: [text('Internal error. Request id: r-42')], isError: true });
      expect(JSON.stringify(body)).not.toMatch(/hunter2|at .*\.ts/);
      expect(log.lines).toEqual([
        {
          event: 'handler_failed',
          fields: { item: 'Tool "fails" of sample', error: new Error('password of the database is hunter2') },
        },
      ]);
    }
  });

  it('LG-03 is shown with its message, and nothing else of it, where the host shows errors', async () => {
    const broken = () => {
      throw new Error('no such table: notes', { cause: new Error('at 10.0.0.7') });
    };
    const definition = define()
      .tool('t', { description: 'T', scopes: [] }, broken)
      .prompt('p', { description: 'P', scopes: [] }, broken)
      .resource('r:one', { scopes: [] }, broken);
    const shown = createEndpoint(definition, { log: silentLog, showErrors: true });
    const masked = createEndpoint(definition, { log: silentLog });
    const sent = [
      ['tools/call', { name: 't' }],
      ['prompts/get', { name: 'p' }],
      ['resources/read', { uri: 'r:one' }],
    ] as const;
    for (const era of [modern, legacy]) {
      for (const [method, params] of sent) {
        const told = async (endpoint: Endpoint) => {
          const { result, error } = (await (await exchange(definition, endpoint, era(method, params))).json()) as never;
          return result === undefined
            ? (error as { message: string }).message
            : (result as { content: [{ text: string }] }).content[0].text;
        };
        expect(await told(shown)).toBe('Internal error. Request id: r-1. no such table: notes');
        expect(await told(masked)).toBe('Internal error. Request id: r-1');
      }
    }
  });

  it('is told to the model when the arguments do not fit, and the handler does not run', async () => {
    const { definition, ran } = sample();
    const { body } = await serving(definition).ask(modern('tools/call', { name: 'safe', arguments: { text: 7 } }));
    expect(body.result).toMatchObject({ isError: true });
    expect(body.result.content[0].text).toMatch(/^The arguments are not valid: text: /);
    expect(ran).toEqual([]);
  });
});

describe('prompts and resources', () => {
  it('may return a text or messages', async () => {
    const { ask } = serving(sample().definition);
    expect((await ask(modern('prompts/get', { name: 'greet', arguments: { who: 'you' } }))).body.result).toMatchObject({
      description: 'Greet',
      messages: [{ role: 'user', content: text('greet you') }],
    });
    const missing = await ask(modern('prompts/get', { name: 'greet', arguments: {} }));
    expect(missing.body.error.code).toBe(-32602);
    expect(missing.body.error.message).toMatch(/^The arguments are not valid: who: /);
  });

  it('may return a text, bytes, JSON or a complete result', async () => {
    const definition = define()
      .resource('a:text', { scopes: [] }, () => 'hi')
      .resource('a:typed', { scopes: [], mimeType: 'text/markdown' }, () => '# hi')
      .resource('a:bytes', { scopes: [] }, () => new Uint8Array([104, 105]))
      .resource('a:json', { scopes: [] }, () => ({ a: 1 }))
      .resource('a:whole', { scopes: [] }, () => ({ contents: [{ uri: 'a:other', text: 'x' }] }))
      .resource('a:none', { scopes: [] }, () => undefined);
    const { ask } = serving(definition);
    const read = async (uri: string) => (await ask(modern('resources/read', { uri }))).body;
    expect((await read('a:text')).result.contents).toEqual([{ uri: 'a:text', mimeType: 'text/plain', text: 'hi' }]);
    expect((await read('a:typed')).result.contents).toEqual([
      { uri: 'a:typed', mimeType: 'text/markdown', text: '# hi' },
    ]);
    expect((await read('a:bytes')).result.contents).toEqual([
      { uri: 'a:bytes', mimeType: 'application/octet-stream', blob: 'aGk=' },
    ]);
    expect((await read('a:json')).result.contents).toEqual([
      { uri: 'a:json', mimeType: 'application/json', text: '{"a":1}' },
    ]);
    expect((await read('a:whole')).result.contents).toEqual([{ uri: 'a:other', text: 'x' }]);
    expect((await read('a:none')).error).toMatchObject({ code: -32602, data: { uri: 'a:none' } });
  });

  it('LG-03 tell a ToolError and hide any other failure', async () => {
    const definition = define()
      .resource('a:told', { scopes: [] }, () => {
        throw new ToolError('Being painted.');
      })
      .prompt('hidden', { description: 'H', scopes: [] }, () => {
        throw new Error('secret path');
      });
    const log = keptLog();
    const { ask } = serving(definition);
    expect((await ask(modern('resources/read', { uri: 'a:told' }), { log })).body.error).toEqual({
      code: -32602,
      message: 'Being painted.',
    });
    expect((await ask(modern('prompts/get', { name: 'hidden' }), { log, requestId: 'r-9' })).body.error).toEqual({
      code: -32603,
      message: 'Internal error. Request id: r-9',
    });
    expect(log.lines.map(({ event }) => event)).toEqual(['handler_failed']);
  });
});
