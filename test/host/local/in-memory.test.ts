import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { McpClient } from '../../../src/client/mcp-client.ts';
import { InsufficientScope } from '../../../src/core/errors.ts';
import { defineServer } from '../../../src/mcp/define-server.ts';
import { connectInMemory, type InMemoryOptions } from '../../contracts/connect-in-memory.ts';

const seen: unknown[] = [];
const server = () =>
  defineServer({
    name: 'local',
    version: '1.0.0',
    listChanged: ['tools'],
    scopes: { write: { description: 'Write', implies: ['read'] } },
  })
    .tool('who', { description: 'Who', scopes: ['read'] }, (_, { principal, http }) => {
      seen.push(http);
      return `${principal.subject} ${principal.kind}`;
    })
    .tool('write', { description: 'Write', scopes: ['write'] }, () => 'written')
    .tool('late', { description: 'Late', scopes: [] }, () => {
      throw new InsufficientScope(['write']);
    })
    .tool(
      'routed',
      {
        description: 'R',
        input: z.object({ tenant: z.string().meta({ 'x-mcp-header': 'Tenant' }) }),
        scopes: [],
      },
      ({ tenant }) => tenant,
    )
    .tool('ask', { description: 'Ask', scopes: [] }, async (_, { elicit, sample, progress }) => {
      await progress(1, 2);
      const { action } = await elicit({ message: 'Sure?', schema: z.object({ sure: z.boolean() }) });
      const { model } = await sample({ messages: [], maxTokens: 10 });
      return `${action} by ${model}`;
    })
    .tool('say', { description: 'Say', scopes: [] }, async (_, { tell, roots, listChanged }) => {
      await tell('warning', 'careful');
      listChanged('tools');
      return (await roots()).map(({ uri }) => uri).join();
    })
    .tool('mine', { description: 'Mine', scopes: [] }, async (_, { upstream }) => (await upstream()).accessToken)
    .resource(
      'memo://{id}',
      { name: 'memo', scopes: ['read'], complete: { id: () => ['1', '2'] } },
      ({ id }) => `memo ${id}`,
    )
    .prompt(
      'greet',
      { description: 'Greet', input: z.object({ who: z.string() }), scopes: [] },
      ({ who }) => `Hi ${who}`,
    );

const open: McpClient[] = [];
afterEach(() => Promise.all(open.splice(0).map((client) => client.close())));
const connected = async (options: InMemoryOptions = {}) => {
  const client = await connectInMemory(server(), options);
  open.push(client);
  return client;
};
const textOf = ({ content }: Awaited<ReturnType<McpClient['callTool']>>) => content[0];

describe.each(['auto', 'legacy'] as const)('a client in the process of its server (%s)', (era) => {
  it('lists, calls, reads, fills in and completes', async () => {
    const client = await connected({ era, subject: 'ada' });
    expect(client.protocolVersion).toBe(era === 'auto' ? '2026-07-28' : '2025-11-25');
    expect(client.server?.name).toBe('local');
    expect((await client.listTools()).map(({ name }) => name)).toContain('write');
    expect(textOf(await client.callTool('who'))).toEqual({ type: 'text', text: 'ada user' });
    expect(textOf(await client.callTool('routed', { tenant: 'é' }))).toEqual({ type: 'text', text: 'é' });
    expect(await client.readResource('memo://7')).toMatchObject([{ text: 'memo 7' }]);
    expect((await client.listResourceTemplates()).map(({ uriTemplate }) => uriTemplate)).toEqual(['memo://{id}']);
    expect((await client.getPrompt('greet', { who: 'Ada' })).messages).toMatchObject([{ content: { text: 'Hi Ada' } }]);
    const ref = { type: 'ref/resource', uri: 'memo://{id}' } as const;
    expect((await client.complete({ ref, argument: { name: 'id', value: '' } })).values).toEqual(['1', '2']);
    expect(seen.at(-1)).toBeUndefined();
  });

  it('is refused what its scopes do not cover, before and while it runs, and sees no such tool', async () => {
    const client = await connected({ era, scopes: ['read'] });
    expect((await client.listTools()).map(({ name }) => name)).not.toContain('write');
    const refused = { name: 'InsufficientScopeError', requiredScope: 'write' };
    await expect(client.callTool('write')).rejects.toMatchObject(refused);
    // In a session the answer has begun as a stream: there the tool's result tells of it.
    const late = client.callTool('late');
    if (era === 'auto') await expect(late).rejects.toMatchObject(refused);
    else expect(await late).toMatchObject({ isError: true });
    expect(textOf(await client.callTool('who'))).toMatchObject({ text: 'local user' });
  });

  it('is asked back, and told how far a call is', async () => {
    const progress: number[] = [];
    const client = await connected({
      era,
      onElicit: () => ({ action: 'accept', content: { sure: true } }),
      onSample: () => ({ model: 'm', role: 'assistant', content: { type: 'text', text: 'x' } }),
    });
    const result = await client.callTool('ask', {}, { onProgress: (step) => progress.push(step.progress) });
    expect(textOf(result)).toEqual({ type: 'text', text: 'accept by m' });
    expect(progress).toContain(1);
  });

  it('hears what the server says, and tells of its folders', async () => {
    const heard: unknown[] = [];
    const changed = Promise.withResolvers<string>();
    const client = await connected({
      era,
      roots: () => [{ uri: 'file:///here' }],
      onLog: ({ data }) => heard.push(data),
      onListChanged: changed.resolve,
    });
    expect(textOf(await client.callTool('say'))).toEqual({ type: 'text', text: 'file:///here' });
    expect(await changed.promise).toBe('tools');
    if (era === 'legacy') expect(heard).toEqual(['careful']);
  });

  it('has no token of another server', async () => {
    const client = await connected({ era });
    expect(await client.callTool('mine')).toMatchObject({ isError: true });
  });
});

describe('a caller of this process', () => {
  it('cannot hold a scope that the server does not have', async () => {
    await expect(connectInMemory(server(), { scopes: ['admin'] })).rejects.toThrow(
      new TypeError('The server has no scope admin. It has: write, read.'),
    );
  });
});
