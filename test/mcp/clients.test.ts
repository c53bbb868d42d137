import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineServer, ToolError } from '../../src/mcp/define-server.ts';
import { user } from './callers.ts';
import { type HttpHost, listen } from './http-host.ts';

let waiting = 0;
let cancelled = () => {};
const cancellation = new Promise<void>((resolve) => {
  cancelled = resolve;
});

const definition = defineServer({ name: 'real', version: '1.0.0', pageSize: 2 })
  .tool(
    'sum',
    {
      description: 'Add',
      input: z.object({ a: z.number(), b: z.number() }),
      output: z.object({ sum: z.number() }),
      scopes: [],
    },
    ({ a, b }) => ({ sum: a + b }),
  )
  .tool(
    'steps',
    { description: 'Count', input: z.object({ to: z.number() }), scopes: [] },
    async ({ to }, { progress }) => {
      for (let step = 1; step <= to; step += 1) await progress(step, to, `step ${step}`);
      return `counted to ${to}`;
    },
  )
  .tool('fail', { description: 'Fail', scopes: [] }, () => {
    throw new ToolError('Not today.');
  })
  .tool('wait', { description: 'Wait', scopes: [] }, async (_, { signal }) => {
    waiting += 1;
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    cancelled();
  })
  .tool('who', { description: 'Who', scopes: ['who'] }, (_, { principal }) => principal.subject)
  .resource('memo://all', { name: 'memos', scopes: [] }, () => 'all memos')
  .resource(
    'memo://{id}',
    {
      name: 'memo',
      scopes: [],
      list: () => [{ uri: 'memo://1', name: 'first' }],
      complete: { id: (start) => ['10', '11', '2'].filter((id) => id.startsWith(start)) },
    },
    ({ id }) => (id === '9' ? undefined : `memo ${id}`),
  )
  .prompt(
    'greet',
    { description: 'Greet', input: z.object({ who: z.string() }), scopes: [], complete: { who: () => ['ada'] } },
    ({ who }) => `Hello ${who}`,
  );

let host: HttpHost;
beforeAll(async () => {
  host = await listen(definition, { alice: user('alice', 'who'), bob: user('bob') });
});
afterAll(() => host.close());

const info = { name: 'client', version: '1' };
const requestInit = { headers: { authorization: 'Bearer alice' } };

/** The two kinds of client have the same calls. */
type AnyClient = Pick<
  ClientV2,
  | 'callTool'
  | 'close'
  | 'complete'
  | 'getPrompt'
  | 'listPrompts'
  | 'listResourceTemplates'
  | 'listResources'
  | 'listTools'
  | 'readResource'
>;

async function connectV2(mode: 'legacy' | 'auto'): Promise<AnyClient> {
  const client = new ClientV2(info, { versionNegotiation: { mode } });
  await client.connect(new TransportV2(host.url, { requestInit }));
  expect(client.getNegotiatedProtocolVersion()).toBe(mode === 'auto' ? '2026-07-28' : '2025-11-25');
  return client;
}

async function connectV1(): Promise<AnyClient> {
  const client = new ClientV1(info);
  await client.connect(new TransportV1(host.url, { requestInit }) as Parameters<typeof client.connect>[0]);
  const v1: unknown = {
    close: () => client.close(),
    callTool: (params: Parameters<typeof client.callTool>[0], options: Parameters<typeof client.callTool>[2]) =>
      client.callTool(params, undefined, options),
    complete: client.complete.bind(client),
    getPrompt: client.getPrompt.bind(client),
    listPrompts: client.listPrompts.bind(client),
    listResources: client.listResources.bind(client),
    listResourceTemplates: client.listResourceTemplates.bind(client),
    listTools: client.listTools.bind(client),
    readResource: client.readResource.bind(client),
  };
  return v1 as AnyClient;
}

const clients: [string, () => Promise<AnyClient>][] = [
  ['the SDK v2 client in the modern era', () => connectV2('auto')],
  ['the SDK v2 client in the legacy era', () => connectV2('legacy')],
  ['the SDK v1 client', connectV1],
];

describe.each(clients)('%s', (_, connect) => {
  let client: AnyClient;
  beforeAll(async () => {
    client = await connect();
  });
  afterAll(() => client.close());

  it('lists tools page by page and calls them, with structured output', async () => {
    const names: string[] = [];
    // Version 2 reads all pages by itself.
    for (let page: Awaited<ReturnType<AnyClient['listTools']>> | undefined; ; ) {
      page = await client.listTools(page && { cursor: page.nextCursor });
      names.push(...page.tools.map(({ name }) => name));
      if (page.nextCursor === undefined) break;
    }
    expect(names).toEqual(['sum', 'steps', 'fail', 'wait', 'who']);
    const result = await client.callTool({ name: 'sum', arguments: { a: 2, b: 3 } });
    expect(result).toMatchObject({ structuredContent: { sum: 5 }, content: [{ type: 'text', text: '{"sum":5}' }] });
    expect(await client.callTool({ name: 'who' })).toMatchObject({ content: [{ text: 'alice' }] });
  });

  it('reads what went wrong', async () => {
    expect(await client.callTool({ name: 'fail' })).toMatchObject({ isError: true, content: [{ text: 'Not today.' }] });
    expect(await client.callTool({ name: 'sum', arguments: { a: 'x', b: 3 } })).toMatchObject({ isError: true });
    await expect(client.callTool({ name: 'none' })).rejects.toMatchObject({ code: -32602 });
    await expect(client.readResource({ uri: 'memo://9' })).rejects.toMatchObject({
      code: -32602,
      data: { uri: 'memo://9' },
    });
  });

  it('reads resources, templates and prompts, and completes arguments', async () => {
    expect((await client.listResources()).resources.map(({ uri }) => uri)).toEqual(['memo://all', 'memo://1']);
    expect((await client.listResourceTemplates()).resourceTemplates).toMatchObject([
      { uriTemplate: 'memo://{id}', name: 'memo' },
    ]);
    expect((await client.readResource({ uri: 'memo://7' })).contents).toEqual([
      { uri: 'memo://7', mimeType: 'text/plain', text: 'memo 7' },
    ]);
    expect((await client.listPrompts()).prompts.map(({ name }) => name)).toEqual(['greet']);
    expect((await client.getPrompt({ name: 'greet', arguments: { who: 'ada' } })).messages).toMatchObject([
      { content: { text: 'Hello ada' } },
    ]);
    const ref = { type: 'ref/resource' as const, uri: 'memo://{id}' };
    expect((await client.complete({ ref, argument: { name: 'id', value: '1' } })).completion.values).toEqual([
      '10',
      '11',
    ]);
  });

  it('sees progress while a call runs', async () => {
    const seen: unknown[] = [];
    const onprogress = (step: unknown) => void seen.push(step);
    const result = await client.callTool({ name: 'steps', arguments: { to: 3 } }, { onprogress });
    expect(result).toMatchObject({ content: [{ text: 'counted to 3' }] });
    expect(seen).toMatchObject([1, 2, 3].map((progress) => ({ progress, total: 3, message: `step ${progress}` })));
  });
});

describe('a call that is given up', () => {
  it('aborts the signal of its handler', async () => {
    const client = await connectV2('auto');
    const gaveUp = new AbortController();
    const call = client.callTool({ name: 'wait' }, { signal: gaveUp.signal });
    await expect.poll(() => waiting).toBe(1);
    gaveUp.abort();
    await expect(call).rejects.toThrow();
    await cancellation;
    await client.close();
  });
});
