import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { silentLog } from '../../src/core/log.ts';
import { defineServer, type ServerDefinition } from '../../src/mcp/define-server.ts';
import { createEndpoint } from '../../src/mcp/endpoint.ts';

const server = (extra = {}) => defineServer({ name: 'notes', version: '1.0.0', ...extra });
const nothing = () => undefined;

describe('defineServer', () => {
  it('hands a handler the type that its schema puts out', () => {
    const input = z.object({ text: z.string(), times: z.coerce.number().default(1) });
    const output = z.object({ said: z.string() });
    server()
      .tool('say', { description: 'Say', input, output, scopes: [] }, ({ text, times }) => ({
        said: text.repeat(times),
      }))
      .tool(
        'silent',
        { description: 'Say nothing', scopes: [] },
        (none: Record<string, never>) => Object.keys(none).length,
      )
      .resource('notes://{owner}/{id}', { scopes: [] }, ({ owner, id }) => `${owner.trim()} ${id.trim()}`)
      // @ts-expect-error the result does not fit the output schema
      .tool('wrong', { description: 'Say', output, scopes: [] }, () => ({ said: 1 }))
      .resource(
        'files://{root}/{path*}{?from,to}',
        { scopes: [], complete: { root: () => [], path: () => [], to: () => [] } },
        ({ root, path, from = '0' }) => root.trim() + path.trim() + from.trim(),
      )
      // @ts-expect-error what is in the query may be left out
      .resource('find://{?text}', { scopes: [] }, ({ text }) => text.trim())
      // @ts-expect-error the template has no such variable
      .resource('users://{name}', { scopes: [] }, ({ id }) => id);
  });

  it('MC-10 refuses an item without scopes, and takes one with an empty list', () => {
    const message = 'Tool "add" of notes needs scopes. Write "scopes: []" to let every authenticated caller use it.';
    // @ts-expect-error scopes are required by type as well
    expect(() => server().tool('add', { description: 'Add' }, nothing)).toThrow(new TypeError(message));
    // @ts-expect-error scopes are required by type as well
    expect(() => server().resource('notes://all', {}, nothing)).toThrow('Resource "notes://all" of notes needs scopes');
    // @ts-expect-error scopes are required by type as well
    expect(() => server().prompt('sum', { description: 'Sum' }, nothing)).toThrow('Prompt "sum" of notes needs scopes');
    expect(() => server().tool('add', { description: 'Add', scopes: [] }, nothing)).not.toThrow();
  });

  it('MC-10 refuses an item with a scope that the gate has not been told of', () => {
    const readers = [
      (definition: ServerDefinition) => definition.catalogue(),
      (definition: ServerDefinition) => definition.defaultScopes(),
      (definition: ServerDefinition) => createEndpoint(definition, { log: silentLog }),
    ];
    for (const read of readers) {
      const definition = server().tool('early', { description: 'Early', scopes: ['early'] }, nothing);
      read(definition);
      expect(() => definition.tool('late', { description: 'Late', scopes: ['late'] }, nothing)).toThrow(
        'Tool "late" of notes needs the scope "late", which was not there when the server was mounted',
      );
      definition.tool('later', { description: 'Later', scopes: ['early'] }, nothing);
      expect([...definition.catalogue().keys()]).toEqual(['early']);
    }
  });

  it('names the item in whatever cannot work', () => {
    const options = { description: 'x', scopes: [] };
    const wrong: [() => unknown, string][] = [
      [() => server({ name: 'two words' }), 'Server name "two words" must be'],
      [() => server({ version: '' }), 'Server notes needs a version.'],
      [() => server({ list: 'some' }), 'Server notes: list must be "granted" or "all".'],
      [() => server().tool('two words', options, nothing), 'Tool name "two words" of notes must be'],
      [() => server().tool('', options, nothing), 'Tool name "" of notes must be'],
      [() => server().tool('a', options, nothing).tool('a', options, nothing), 'Tool "a" of notes is defined twice.'],
      [
        () =>
          server()
            .prompt('a', options, () => '')
            .prompt('a', options, () => ''),
        'Prompt "a" of notes is defined twice.',
      ],
      [
        () => server().resource('a:b', options, nothing).resource('a:b', options, nothing),
        'Resource "a:b" of notes is defined twice.',
      ],
      [
        () => server().resource('a:{b}', options, nothing).resource('a:{c}', options, nothing),
        'which has the same form as "a:{b}"',
      ],
      // @ts-expect-error a handler is required by type as well
      [() => server().tool('a', options), 'Tool "a" of notes needs a handler function.'],
      [() => server().tool('a', { description: '', scopes: [] }, nothing), 'Tool "a" of notes needs a description.'],
      [
        () => server().tool('a', { description: 'x', scopes: ['two words'] }, nothing),
        'Tool "a" of notes names the scope "two words"',
      ],
      [
        () => server().tool('a', { ...options, input: z.string() }, nothing),
        'Tool "a" of notes: input must describe an object, not a string.',
      ],
      [
        () =>
          server().prompt(
            'a',
            // @ts-expect-error the prompt has no such argument
            { description: 'x', scopes: [], input: z.object({ c: z.string() }), complete: { b: () => [] } },
            () => '',
          ),
        'Prompt "a" of notes has no argument "b" to complete.',
      ],
      [() => server({ scopes: { 'a b': 'x' } }), 'notes names the scope "a b"'],
      [() => server({ scopes: { a: '' } }), 'Scope "a" needs a description.'],
      [() => server().resource('no uri', options, nothing), 'Resource "no uri" of notes is not an absolute URI.'],
      [() => server().resource('a:b', { scopes: [], list: () => [] }, nothing), 'list and complete are for templates.'],
      [() => server().resource('a:{b+}', options, nothing), 'a:{b+} is not supported'],
      [
        () => server().resource('a:b{?c}', options, nothing).resource('a:b{?d}', options, nothing),
        'which has the same form as "a:b{?c}"',
      ],
      [
        () => server().resource('a:{b}', { scopes: [], complete: { c: () => [] } as object }, nothing),
        'has no variable "c" to complete.',
      ],
    ];
    for (const [define, message] of wrong) {
      expect(define).toThrow(TypeError);
      expect(define).toThrow(message);
    }
  });

  it('lists every scope that is declared, implied or used, with words for people', () => {
    const definition = server({
      title: 'Notes',
      scopes: { 'notes:write': { description: 'Add notes', implies: ['notes:read'] } },
    }).tool('wipe', { description: 'Wipe', scopes: ['notes:admin', 'notes:admin'] }, nothing);
    expect([...definition.catalogue()]).toEqual([
      ['notes:write', { description: 'Add notes', implies: ['notes:read'] }],
      ['notes:read', { description: 'Use “notes:read” of Notes', implies: [] }],
      ['notes:admin', { description: 'Use “notes:admin” of Notes', implies: [] }],
    ]);
  });

  it('asks for every scope at first, or for less where it says so', () => {
    const tool = { description: 'x', scopes: ['a', 'b'] };
    expect(server().tool('t', tool, nothing).defaultScopes()).toEqual(['a', 'b']);
    expect(
      server({ defaultScopes: ['a'] })
        .tool('t', tool, nothing)
        .defaultScopes(),
    ).toEqual(['a']);
    expect(server({ defaultScopes: [] }).tool('t', tool, nothing).defaultScopes()).toEqual([]);
  });

  it('converts a schema once, when the tool is defined', () => {
    let conversions = 0;
    const schema = z.object({ a: z.string() });
    const standard = schema['~standard'];
    const input = {
      '~standard': {
        ...standard,
        jsonSchema: {
          ...standard.jsonSchema,
          input: (options: Parameters<typeof standard.jsonSchema.input>[0]) => {
            conversions += 1;
            return standard.jsonSchema.input(options);
          },
        },
      },
    } as unknown as typeof schema;
    const endpoint = createEndpoint(server().tool('t', { description: 'x', input, scopes: [] }, nothing), {
      log: silentLog,
    });
    expect(conversions).toBe(1);
    expect(endpoint).toBeDefined();
  });

  it('takes a Standard Schema without a JSON Schema', () => {
    const validate = (value: unknown) => ({ value });
    const input = { '~standard': { version: 1 as const, vendor: 'own', validate } };
    const { tools } = server().tool('t', { description: 'x', input, scopes: [] }, nothing).surface();
    expect(tools.get('t')?.listing.inputSchema).toEqual({ type: 'object' });
  });
});
