import { McpServer, ResourceTemplate } from '@modelcontextprotocol/server';
import { describe, expect, it } from 'vitest';
import { silentLog } from '../../../src/core/log.ts';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { fromSdk } from '../../../src/mcp/from-sdk/from-sdk.ts';
import type { Mountable } from '../../../src/mcp/mountable.ts';
import type { PolicyRule } from '../../../src/mcp/policy.ts';
import { keptLog, legacy, modern, requestOf, serving, user } from '../callers.ts';

const parts = { log: silentLog, clock: () => 1_800_000_000, fetch };

/** A server whose templates answer with their own text, and whose fixed resources with `fixed`. */
function far(templates: readonly string[], fixed: readonly string[] = []): McpServer {
  const server = new McpServer({ name: 'far', version: '1' });
  for (const text of templates) {
    const complete = { id: () => ['7', 'boss@corp.com', 'root@corp.com'] };
    const template = new ResourceTemplate(text, { list: undefined, ...(text.includes('{id}') && { complete }) });
    server.registerResource(text, template, {}, ({ href: uri }) => ({ contents: [{ uri, text }] }));
  }
  for (const each of fixed) {
    server.registerResource(each, each, {}, ({ href: uri }) => ({ contents: [{ uri, text: 'fixed' }] }));
  }
  return server;
}

const started = async (server: McpServer, rules: readonly PolicyRule[], log = parts.log) => {
  const mountable = fromSdk(server, { name: 'far', policy: { rules } });
  await mountable.start?.({ ...parts, log });
  return mountable;
};

/** What reading gives: the text, the scopes that are missing, or undefined where nothing is there. */
const reading = (definition: Mountable, ...scopes: string[]) => {
  const { ask } = serving(definition);
  return async (uri: string): Promise<string | undefined> => {
    const { body } = await ask(legacy('resources/read', { uri }), { principal: user('bob', ...scopes) });
    return body.scope === undefined ? body.result?.contents[0].text : `needs ${body.scope}`;
  };
};

describe('a rule about a URI of a foreign server', () => {
  const rules: readonly PolicyRule[] = [
    { name: 'user://boss@corp.com', hidden: true },
    { name: 'user://root@corp.com', scopes: ['admin'] },
    { kind: ['resource', 'template'], name: 'user://*', scopes: ['read'] },
  ];
  const users = () => far(['user://{id}'], ['user://root@corp.com']);

  it('MC-01 holds in every spelling, where it is mounted and where it is included', async () => {
    const direct = await started(users(), rules);
    const hub = defineServer({ name: 'hub', version: '1' }).include('x', direct);
    const outer = defineServer({ name: 'outer', version: '1' }).include('y', hub);
    for (const [definition, prefix] of [
      [direct, ''],
      [hub, 'x/'],
      [outer, 'y/x/'],
    ] as const) {
      const read = reading(definition, 'read');
      for (const uri of ['boss@corp.com', 'boss%40corp.com', '%62oss%40corp.com', 'BOSS%40corp.com']) {
        expect([uri, await read(`user://${prefix}${uri}`)]).toEqual([uri, undefined]);
      }
      expect(await read(`user://${prefix}root@corp.com`)).toBe('needs admin');
      expect(await read(`user://${prefix}root%40corp.com`)).toBe('needs admin');
      expect(await read(`user://${prefix}amy%40corp.com`)).toBe('user://{id}');
      expect(await reading(definition, 'admin')(`user://${prefix}root%40corp.com`)).toBe('fixed');
    }
    await direct.close?.();
  });

  it('keeps what it hides out of suggestions', async () => {
    const direct = await started(users(), rules);
    const { ask } = serving(direct);
    const params = { ref: { type: 'ref/resource', uri: 'user://{id}' }, argument: { name: 'id', value: '' } };
    const suggested = async (...scopes: string[]) =>
      (await ask(legacy('completion/complete', params), { principal: user('bob', ...scopes) })).body.result.completion;
    expect(await suggested('read')).toMatchObject({ values: ['7'], total: 1 });
    expect((await suggested('read', 'admin')).values).toEqual(['7', 'root@corp.com']);
    await direct.close?.();
  });
});

describe('templates of a foreign server that fit the same URI', () => {
  it('must all allow it, also those that are hidden or of a form that cannot be matched here', async () => {
    const log = keptLog();
    const server = far([
      'db://{+path}',
      'log://audit-{day}',
      'log://{name}',
      'doc://{a}-{b}',
      'doc://{id}',
      'db://{id}',
    ]);
    const direct = await started(
      server,
      [
        { name: ['db://{+path}', 'log://audit-{day}'], hidden: true },
        { name: 'doc://{a}-{b}', scopes: ['pairs'] },
        { name: '*', scopes: ['read'] },
      ],
      log,
    );
    const read = reading(direct, 'read');
    for (const uri of ['db://x', 'log://audit-1', 'log://%61udit-1', 'log://AUDIT-1']) {
      expect([uri, await read(uri)]).toEqual([uri, undefined]);
    }
    expect(await read('log://today')).toBe('log://{name}');
    expect(await read('doc://a-b')).toBe('needs pairs read');
    expect(await read('doc://ab')).toBe('doc://{id}');
    expect(await reading(direct, 'read', 'pairs')('doc://a-b')).toBe('doc://{a}-{b}');
    const wide = log.lines.filter(({ event }) => event === 'foreign_template_hidden_widely');
    expect(wide.map(({ fields }) => fields.item)).toEqual(['db://{+path}']);
    await direct.close?.();
  });

  it('are of no matter to URIs of another depth, scheme or start', async () => {
    const server = far(['db://{id}/rows/{row}', 'db://{id}', 'dbs://{+path}', 'db://old/{+path}']);
    const direct = await started(server, [
      { name: 'db://{id}/rows/{row}', scopes: ['read'] },
      { name: '*', hidden: true },
    ]);
    expect(await reading(direct, 'read')('db://7/rows/1')).toBe('db://{id}/rows/{row}');
    expect(await reading(direct, 'read')('db://old/rows/1')).toBeUndefined();
    await direct.close?.();
  });
});

describe('a URI that is very long', () => {
  it('is refused before it is looked up, in whatever message it comes', async () => {
    const direct = await started(far(['db://{id}']), [{ name: '*', scopes: [] }]);
    const { endpoint, ask } = serving(direct);
    const long = `db://${'%61'.repeat(100_000)}`;
    for (const sent of [
      legacy('resources/read', { uri: long }),
      legacy('resources/subscribe', { uri: long }),
      legacy('completion/complete', {
        ref: { type: 'ref/resource', uri: long },
        argument: { name: 'id', value: '' },
      }),
      modern('subscriptions/listen', { notifications: { resourceSubscriptions: ['db://1', long] } }),
    ]) {
      expect(endpoint.inspect(requestOf(sent), sent.message)).toMatchObject({
        kind: 'refused',
        response: { status: 400 },
      });
    }
    expect(direct.surface().find(long)).toBeUndefined();
    const { body } = await ask(legacy('resources/read', { uri: `db://${'%61'.repeat(2700)}` }));
    expect(body.result.contents[0].text).toBe('db://{id}');
    await direct.close?.();
  });
});
