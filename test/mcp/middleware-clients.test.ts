import { Client, type StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inMemory } from '../../src/host/local/in-memory.ts';
import { type CallContext, defineServer, ToolError } from '../../src/mcp/define-server.ts';
import { rateLimit } from '../../src/mcp/middleware/index.ts';
import { connectInMemory } from '../contracts/connect-in-memory.ts';
import { ENVELOPE, modern, serving } from './callers.ts';

const sure = z.object({ sure: z.boolean() });

describe.each(['auto', 'legacy'] as const)('a client of a server within middleware (%s)', (era) => {
  it('is asked by middleware before a tool does something, and the tool runs once where it agrees', async () => {
    const done: string[] = [];
    const seen: CallContext['http'][] = [];
    const received: string[] = [];
    const server = defineServer({ name: 's', version: '1' })
      .use({
        async message({ kind, method }, next) {
          received.push(`${kind} ${method}`);
          await next();
        },
        async callTool({ name, item, context }, next) {
          seen.push(context.http);
          if (item.annotations.destructiveHint !== true) return next();
          const answer = await context.elicit({ message: `Really ${name}?`, schema: sure });
          if (answer.action === 'accept' && answer.content.sure) return next();
          throw new ToolError('Nothing was done.');
        },
      })
      .tool('wipe', { description: 'W', scopes: [], annotations: { destructiveHint: true } }, () => {
        done.push('wiped');
        return 'wiped';
      });
    const answers = [true, false];
    const client = await connectInMemory(server, {
      era,
      onElicit: () => ({ action: 'accept', content: { sure: answers.shift() ?? false } }),
    });
    expect(await client.callTool('wipe')).toMatchObject({ content: [{ text: 'wiped' }] });
    expect(await client.callTool('wipe')).toMatchObject({ isError: true, content: [{ text: 'Nothing was done.' }] });
    expect(done).toEqual(['wiped']);
    // In a session the answer is a message of its own; elsewhere it comes with the call, which is sent again.
    const times = (message: string) => received.filter((each) => each === message).length;
    expect([times('request tools/call'), times('response ')]).toEqual(era === 'auto' ? [4, 0] : [2, 2]);
    expect(new Set(seen)).toEqual(new Set([undefined]));
    await client.close();
  });

  it('is told in words where an answer has begun, and by 429 elsewhere', async () => {
    const server = defineServer({ name: 's', version: '1' })
      .use(
        rateLimit({ calls: 1, seconds: 60, burst: 1, caller: ({ kind }) => (kind === 'callTool' ? 'all' : undefined) }),
      )
      .tool('t', { description: 'T', scopes: [] }, () => 'done');
    const client = await connectInMemory(server, { era });
    expect(await client.callTool('t')).toMatchObject({ content: [{ text: 'done' }] });
    const second = client.callTool('t');
    if (era === 'auto') await expect(second).rejects.toMatchObject({ data: { status: 429 } });
    else {
      expect(await second).toMatchObject({
        isError: true,
        content: [{ text: 'Too many requests. Try again later.' }],
      });
    }
    await client.close();
  });
});

describe('a client that wants to listen', () => {
  const listened: unknown[] = [];
  const define = () =>
    defineServer({ name: 's', version: '1', sessions: true, listChanged: ['tools'] })
      .use({
        async subscribe({ method, input, context }, next) {
          listened.push([method, input, context.principal.subject]);
          if (input.uris.includes('note://secret')) throw new ToolError('Not that one.');
          return next();
        },
      })
      .resource('note://{id}', { scopes: [], subscribe: true }, ({ id }) => id);

  it('passes middleware, or is refused by it, in a session', async () => {
    const client = new Client({ name: 'client', version: '1' });
    const transport: StreamableHTTPClientTransport = await inMemory(define());
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    await client.subscribeResource({ uri: 'note://1' });
    await expect(client.subscribeResource({ uri: 'note://secret' })).rejects.toThrow('Not that one.');
    expect(listened.splice(0)).toEqual([
      ['resources/subscribe', { uris: ['note://1'], lists: [] }, 'local'],
      ['resources/subscribe', { uris: ['note://secret'], lists: [] }, 'local'],
    ]);
    await client.close();
  });

  it('passes middleware, or is refused by it, in 2026-07-28', async () => {
    const { raw, ask, endpoint } = serving(define());
    const listen = (uri: string) =>
      modern('subscriptions/listen', {
        notifications: { resourceSubscriptions: [uri], toolsListChanged: true },
        _meta: ENVELOPE,
      });
    const stream = await raw(listen('note://1'));
    expect([stream.status, stream.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const refused = await ask(listen('note://secret'));
    expect([refused.status, refused.body.error.message]).toEqual([400, 'Not that one.']);
    expect(listened.splice(0)).toEqual([
      ['subscriptions/listen', { uris: ['note://1'], lists: ['tools'] }, 'alice'],
      ['subscriptions/listen', { uris: ['note://secret'], lists: ['tools'] }, 'alice'],
    ]);
    await stream.body?.cancel();
    await endpoint.close();
  });
});
