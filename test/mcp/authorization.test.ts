import { describe, expect, it } from 'vitest';
import { silentLog } from '../../src/core/log.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { ENVELOPE, legacy, modern, noUpstream, requestOf, type Sent, serving, user } from './callers.ts';
import { sample } from './sample.ts';

const setUp = () => {
  const { definition, ran } = sample();
  return { ...serving(definition), ran };
};
const admin = { principal: user('alice', 'admin', 'audit') };
const forbidden = (scope: string) => ({ status: 403, body: { error: 'insufficient_scope', scope } });
const both = [modern, legacy];

/** The same message as a notification. */
const asNotification = ({ message, headers }: Sent): Sent => {
  const { id: _, ...rest } = message as { id: unknown };
  return { message: rest, headers };
};

describe('what a message needs before it runs', () => {
  it('MC-01 names every scope of the tool in one challenge and runs nothing; with them it runs', async () => {
    const { ask, ran } = setUp();
    for (const era of both) {
      const call = era('tools/call', { name: 'admin_tool', arguments: {} });
      expect(await ask(call)).toEqual(forbidden('admin audit'));
      expect(await ask(call, { principal: user('alice', 'admin') })).toEqual(forbidden('admin audit'));
      expect(ran).toEqual([]);
      expect(await ask(call, admin)).toMatchObject({
        status: 200,
        body: { result: { content: [{ text: 'admin_tool' }] } },
      });
      expect(ran.splice(0)).toEqual(['admin_tool']);
    }
  });

  it('MC-17 asks for the scopes of the prompt, resource or template that a message is about', async () => {
    const { ask, ran } = setUp();
    const about: [string, Record<string, unknown>][] = [
      ['prompts/get', { name: 'plan' }],
      ['resources/read', { uri: 'secret://all' }],
      ['resources/read', { uri: 'file://7' }],
      ['resources/subscribe', { uri: 'file://7' }],
      ['resources/unsubscribe', { uri: 'secret://all' }],
      ['completion/complete', { ref: { type: 'ref/prompt', name: 'plan' }, argument: { name: 'what', value: '' } }],
      [
        'completion/complete',
        { ref: { type: 'ref/resource', uri: 'file://{id}' }, argument: { name: 'id', value: '' } },
      ],
      [
        'completion/complete',
        { ref: { type: 'ref/resource', uri: 'secret://all' }, argument: { name: 'id', value: '' } },
      ],
    ];
    for (const era of both) {
      for (const [method, params] of about)
        expect([method, await ask(era(method, params))]).toEqual([method, forbidden('admin')]);
    }
    expect(ran).toEqual([]);
  });

  it('MC-17 completes arguments for those who may use the item', async () => {
    const { ask } = setUp();
    const complete = (ref: object, name: string, value: string) =>
      modern('completion/complete', { ref, argument: { name, value } });
    const template = { type: 'ref/resource', uri: 'file://{id}' };
    expect((await ask(complete(template, 'id', 'a'), admin)).body.result.completion).toEqual({
      values: ['ab'],
      total: 1,
      hasMore: false,
    });
    expect((await ask(complete(template, 'other', 'a'), admin)).body.result.completion.values).toEqual([]);
    expect(
      (await ask(complete({ type: 'ref/prompt', name: 'greet' }, 'who', ''))).body.result.completion.values,
    ).toEqual([]);
    expect((await ask(complete({ type: 'ref/prompt', name: 'none' }, 'who', ''))).body.error).toEqual({
      code: -32602,
      message: 'Prompt not found: none',
    });
  });

  it('MC-18 asks for the scopes of every resource that a subscription is about', async () => {
    const { ask, raw } = setUp();
    const listen = (uris: string[]) =>
      modern('subscriptions/listen', { notifications: { resourceSubscriptions: uris } });
    expect(await ask(listen(['open://all', 'file://7', 'secret://all']))).toEqual(forbidden('admin'));
    const response = await raw(listen(['open://all']));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    expect(await response.text()).toContain(
      '"method":"notifications/subscriptions/acknowledged","params":{"notifications":{}',
    );
  });

  it('never runs a call that is sent as a notification, and asks for its scopes all the same', async () => {
    const { ask, ran } = setUp();
    for (const era of both) {
      expect(await ask(asNotification(era('tools/call', { name: 'admin_tool', arguments: {} })))).toEqual(
        forbidden('admin audit'),
      );
      expect(await ask(asNotification(era('tools/call', { name: 'safe', arguments: {} })))).toEqual({
        status: 202,
        body: undefined,
      });
      expect((await ask(asNotification(era('tools/call', { name: 'admin_tool', arguments: {} })), admin)).status).toBe(
        202,
      );
    }
    expect(ran).toEqual([]);
  });

  it('asks for nothing where an item does not exist and answers -32602', async () => {
    const { ask } = setUp();
    for (const era of both) {
      expect(await ask(era('tools/call', { name: 'none', arguments: {} }))).toMatchObject({
        status: 200,
        body: { id: 1, error: { code: -32602, message: 'Tool not found: none' } },
      });
      expect((await ask(era('resources/read', { uri: 'none://x' }))).body.error).toMatchObject({
        code: -32602,
        data: { uri: 'none://x' },
      });
      expect((await ask(era('resources/read', { uri: 'file://missing' }), admin)).body.error).toEqual({
        code: -32602,
        message: 'Resource not found: file://missing',
        data: { uri: 'file://missing' },
      });
    }
  });

  it('MC-15 finds no resource behind another spelling of its URI', async () => {
    const { ask, ran } = setUp();
    for (const uri of [
      'file://..%2fsecret',
      'file://%2e%2e',
      'FILE://7',
      'file://7/../8',
      'secret://all/',
      'Secret://all',
      'file://a%00b',
    ]) {
      expect([uri, (await ask(modern('resources/read', { uri }), admin)).body.error.code]).toEqual([uri, -32602]);
    }
    expect(ran).toEqual([]);
  });

  it('MC-15 knows another spelling of a fixed resource for that one, where a template that needs less would fit', async () => {
    const surface = defineServer({ name: 's', version: '1' })
      .resource('notes://secret', { scopes: ['admin'] }, () => 'secret')
      .resource('notes://{id}', { scopes: [] }, ({ id }) => id)
      .resource('docs://{path*}', { scopes: [] }, ({ path }) => path)
      .resource('docs://a/b', { scopes: ['admin'] }, () => 'secret')
      .surface();
    for (const uri of ['notes://%73ecret', 'docs://a/%62', 'docs://%61/b']) {
      expect(surface.find(uri)).toMatchObject({ item: { scopes: ['admin'] }, target: { values: {} } });
    }
    expect(surface.find('notes://other')?.target.values).toEqual({ id: 'other' });
    expect(surface.find('docs://a/%63')?.target.values).toEqual({ path: 'a/c' });
    expect(surface.find('notes://secret')?.item.scopes).toEqual(['admin']);
  });

  it('serves nothing that the caller may not use, even where no gate stands in front', async () => {
    const { endpoint, ran } = setUp();
    const call = {
      principal: user('alice'),
      requestId: 'r',
      log: silentLog,
      allows: (scopes: readonly string[]) => scopes.length === 0,
      reach: async () => () => true,
      ...noUpstream,
    };
    for (const sent of [
      modern('tools/call', { name: 'admin_tool', arguments: {} }),
      modern('prompts/get', { name: 'plan' }),
      modern('resources/read', { uri: 'file://7' }),
      modern('completion/complete', {
        ref: { type: 'ref/prompt', name: 'plan' },
        argument: { name: 'what', value: '' },
      }),
    ]) {
      const inspection = endpoint.inspect(requestOf(sent), sent.message);
      if (inspection.kind === 'refused') throw new Error('refused');
      expect(await (await inspection.serve(call)).json()).toMatchObject({ error: { code: -32602 } });
    }
    expect(ran).toEqual([]);
  });
});

describe('what a message is', () => {
  const call = (headers: Record<string, string>, name = 'admin_tool') =>
    modern('tools/call', { name, arguments: {} }, headers);
  const base64 = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;

  it('MC-03 refuses every batch in both eras', async () => {
    const { ask, ran } = setUp();
    const safe = { name: 'safe', arguments: {} };
    for (const era of both) {
      const { message, headers } = era('tools/call', safe);
      for (const batch of [[message], [message, era('tools/call', { name: 'admin_tool' }).message], [[message]], []]) {
        expect(await ask({ message: batch, headers }, admin)).toEqual({
          status: 400,
          body: { jsonrpc: '2.0', id: null, error: { code: -32600, message: 'Batches are not supported.' } },
        });
      }
      expect((await ask(era('tools/call', safe))).status).toBe(200);
    }
    expect(ran).toEqual(['safe', 'safe']);
  });

  it('MC-04 refuses headers that say something else than the body, or say nothing', async () => {
    const { ask, ran } = setUp();
    const without = (name: string): Sent => {
      const { [name]: _, ...headers } = call({}).headers;
      return { message: call({}).message, headers };
    };
    const wrong = [
      call({ 'mcp-name': 'safe' }),
      call({ 'mcp-name': 'safe, admin_tool' }),
      call({ 'mcp-name': 'ADMIN_TOOL' }),
      call({ 'mcp-method': 'tools/list' }),
      call({ 'mcp-method': 'tools/call, tools/call' }),
      call({ 'mcp-protocol-version': '2025-11-25' }),
      without('mcp-name'),
      without('mcp-method'),
      without('mcp-protocol-version'),
    ];
    for (const sent of wrong) {
      expect(await ask(sent)).toMatchObject({ status: 400, body: { id: 1, error: { code: -32020 } } });
      expect(await ask(sent, admin)).toMatchObject({ status: 400, body: { error: { code: -32020 } } });
    }
    expect(ran).toEqual([]);
    expect((await ask(call({ 'mcp-name': '  admin_tool\t' }), admin)).status).toBe(200);
  });

  it('MC-05 decides on the name in the body when the header is encoded, and refuses other encodings', async () => {
    const { ask, ran } = setUp();
    expect(await ask(call({ 'mcp-name': base64('admin_tool') }))).toEqual(forbidden('admin audit'));
    expect((await ask(call({ 'mcp-name': base64('admin_tool') }), admin)).status).toBe(200);
    expect(ran.splice(0)).toEqual(['admin_tool']);
    const wrong = [
      base64('safe'),
      base64(base64('admin_tool')),
      '=?base64?YWRtaW5fdG9vbA?=',
      '=?base64?YWRtaW5fdG9vbB==?=',
      '=?base64?YWRt aW5fdG9vbA==?=',
      '=?base64?%%%?=',
      `=?base64?${Buffer.from([0xff, 0xfe]).toString('base64')}?=`,
      base64('admin_tool').replace('base64', 'BASE64'),
    ];
    for (const header of wrong) {
      expect([header, await ask(call({ 'mcp-name': header }), admin)]).toMatchObject([
        header,
        { status: 400, body: { error: { code: -32020 } } },
      ]);
    }
    expect(await ask(call({ 'mcp-name': base64('safe') }, base64('safe')))).toMatchObject({
      status: 400,
      body: { error: { code: -32020 } },
    });
    expect(ran).toEqual([]);
  });

  it('MC-07 refuses look-alikes of the members of a message', async () => {
    const { ask, ran } = setUp();
    const { headers } = call({});
    const params = { name: 'admin_tool', arguments: {}, _meta: ENVELOPE };
    const wrong: unknown[] = [
      { jsonrpc: '2.0', id: 1, Method: 'tools/call', params },
      { jsonrpc: '2.0', id: 1, method: 'tools/list', METHOD: 'tools/call', params },
      { jsonrpc: '1.0', id: 1, method: 'tools/call', params },
      { id: 1, method: 'tools/call', params },
      { jsonrpc: '2.0', id: { a: 1 }, method: 'tools/call', params },
      { jsonrpc: '2.0', id: null, method: 'tools/call', params },
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: [params] },
      { jsonrpc: '2.0', id: 1, method: 'tools/call', paramſ: params },
      null,
      'tools/call',
      7,
      {},
    ];
    for (const message of wrong) expect(await ask({ message, headers }, admin)).toMatchObject({ status: 400 });
    const lookalike = { ...call({}, 'safe') };
    const { message } = modern('tools/call', { Name: 'admin_tool', name: 'safe', arguments: {} });
    expect((await ask({ message, headers: lookalike.headers })).body.result.content[0].text).toBe('safe');
    expect(ran).toEqual(['safe']);
  });

  it('MC-07 decides on the value that JSON.parse keeps of a member written twice, and runs that one', async () => {
    const { ask, ran } = setUp();
    const { headers } = legacy('tools/call');
    const parse = (members: string) => JSON.parse(`{"jsonrpc":"2.0","id":1,${members}}`);
    const twice = parse('"method":"tools/list","method":"tools/call","params":{"name":"safe","name":"admin_tool"}');
    expect(await ask({ message: twice, headers })).toEqual(forbidden('admin audit'));
    const other = parse('"method":"tools/call","params":{"name":"admin_tool","name":"safe"}');
    expect((await ask({ message: other, headers })).status).toBe(200);
    expect(ran).toEqual(['safe']);
  });

  it('MC-08 knows a method by its exact name only', async () => {
    const { ask, ran } = setUp();
    const params = { name: 'admin_tool', arguments: {} };
    for (const method of [
      'tools/call ',
      ' tools/call',
      'Tools/Call',
      'tools//call',
      'tools/call\u0000',
      'tools\u2215call',
      'constructor',
      '__proto__',
      '',
    ]) {
      const sent = modern(method, params);
      const { 'mcp-method': _, ...headers } = sent.headers;
      const named = /^[\x21-\x7e]+$/.test(method) ? { 'mcp-method': method } : {};
      const answer = await ask({ message: sent.message, headers: { ...headers, ...named } }, admin);
      expect([method, answer.status, answer.body.error.code]).toEqual(
        'mcp-method' in named ? [method, 404, -32601] : [method, 400, -32020],
      );
      expect((await ask(legacy(method, params), admin)).body.error).toEqual({
        code: -32601,
        message: 'Method not found',
      });
    }
    for (const method of [1, {}, ['tools/call'], null, true]) {
      const { headers } = call({});
      expect(await ask({ message: { jsonrpc: '2.0', id: 1, method, params }, headers }, admin)).toMatchObject({
        status: 400,
      });
    }
    expect(ran).toEqual([]);
  });

  it('MC-25 finds no tool behind a name that is not that very text', async () => {
    const { ask, ran } = setUp();
    for (const name of [
      ['admin_tool'],
      { toString: 'admin_tool' },
      'admin_tool\u200b',
      'ａdmin_tool',
      ' admin_tool',
      1,
      null,
    ]) {
      const { message } = legacy('tools/call', { name, arguments: {} });
      const answer = await ask({ message, headers: legacy('tools/call').headers }, admin);
      expect([name, typeof answer.body.error.code]).toEqual([name, 'number']);
    }
    expect(ran).toEqual([]);
  });

  it('speaks with clients of every era and tells others what it speaks', async () => {
    const { ask } = setUp();
    const hello = (version: string) =>
      legacy('initialize', { protocolVersion: version, capabilities: {}, clientInfo: { name: 't', version: '1' } });
    expect((await ask(hello('2025-03-26'))).body.result).toMatchObject({
      protocolVersion: '2025-03-26',
      instructions: 'Be kind.',
    });
    expect((await ask(hello('1999-01-01'))).body.result.protocolVersion).toBe('2025-11-25');
    expect(await ask(legacy('ping'))).toMatchObject({ status: 200, body: { result: {} } });
    expect(await ask(legacy('tools/list', {}, { 'mcp-protocol-version': '1999-01-01' }))).toMatchObject({
      status: 400,
      body: { error: { code: -32000 } },
    });
    expect(await ask(legacy('tools/list', {}, { accept: 'application/json' }))).toMatchObject({
      status: 406,
      body: { error: { code: -32000 } },
    });
    const future = modern(
      'tools/list',
      { _meta: { 'io.modelcontextprotocol/protocolVersion': '2030-01-01' } },
      { 'mcp-protocol-version': '2030-01-01' },
    );
    expect(await ask(future)).toMatchObject({
      status: 400,
      body: { error: { code: -32022, data: { supported: ['2026-07-28'] } } },
    });
    const bare = { message: legacy('tools/list').message, headers: modern('tools/list').headers };
    expect(await ask(bare)).toMatchObject({ status: 400, body: { error: { code: -32602 } } });
    expect(await ask(modern('initialize'))).toMatchObject({ status: 404, body: { error: { code: -32601 } } });
    expect(await ask({ message: { jsonrpc: '2.0', id: 9, result: {} }, headers: legacy('ping').headers })).toEqual({
      status: 202,
      body: undefined,
    });
  });

  it('takes nothing but POST', () => {
    const { endpoint } = setUp();
    for (const method of ['GET', 'DELETE', 'PUT']) {
      const inspection = endpoint.inspect(new Request('https://rs.test/a/mcp', { method }), undefined);
      if (inspection.kind !== 'refused') throw new Error('served');
      expect([inspection.response.status, inspection.response.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });
});
