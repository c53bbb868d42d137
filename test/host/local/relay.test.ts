import { Client, InMemoryTransport, ProtocolError } from '@modelcontextprotocol/client';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { inMemory } from '../../../src/host/local/in-memory.ts';
import { relay } from '../../../src/host/local/relay.ts';
import { defineServer } from '../../../src/mcp/define-server.ts';

let cancelled = Promise.withResolvers<void>();
let waiting = Promise.withResolvers<void>();

const server = () =>
  defineServer({ name: 'wired', version: '1.0.0', listChanged: ['tools'] })
    .tool('echo', { description: 'Echo', input: z.object({ text: z.string() }), scopes: ['read'] }, ({ text }) => text)
    .tool('write', { description: 'Write', scopes: ['write'] }, () => 'written')
    .tool('ask', { description: 'Ask', scopes: [] }, async (_, { elicit, progress }) => {
      await progress(1);
      return (await elicit({ message: 'Sure?', schema: z.object({ sure: z.boolean() }) })).action;
    })
    .tool('change', { description: 'Change', scopes: [] }, (_, { listChanged }) => listChanged('tools'))
    .tool('wait', { description: 'Wait', scopes: [] }, async (_, { signal }) => {
      waiting.resolve();
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      cancelled.resolve();
    });

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A client of the SDK at one end of a wire, and a server that is served at the other. */
async function wired(mode: 'auto' | 'legacy') {
  cancelled = Promise.withResolvers();
  waiting = Promise.withResolvers();
  const [near, far] = InMemoryTransport.createLinkedPair();
  const over = relay({ wire: far, server: await inMemory(server(), { scopes: ['read'] }) });
  const changes = Promise.withResolvers<void>();
  const client = new Client(
    { name: 'c', version: '1' },
    {
      versionNegotiation: { mode },
      capabilities: { elicitation: { form: {} } },
      listChanged: { tools: { autoRefresh: false, debounceMs: 0, onChanged: () => changes.resolve() } },
    },
  );
  client.setRequestHandler('elicitation/create', async () => ({ action: 'accept', content: { sure: true } }));
  await client.connect(near);
  ends.push(async () => {
    await client.close();
    await over;
  });
  return { client, over, changed: changes.promise };
}

describe.each(['auto', 'legacy'] as const)('a server at the end of a wire (%s)', (mode) => {
  it('is spoken to, asks back, and tells how far it is and what changed', async () => {
    const { client, changed } = await wired(mode);
    expect(client.getNegotiatedProtocolVersion()).toBe(mode === 'auto' ? '2026-07-28' : '2025-11-25');
    const echoed = await client.callTool({ name: 'echo', arguments: { text: 'hello' } });
    expect(echoed.content).toMatchObject([{ text: 'hello' }]);
    const progress: number[] = [];
    const asked = await client.callTool({ name: 'ask' }, { onprogress: (step) => progress.push(step.progress) });
    expect(asked.content).toMatchObject([{ text: 'accept' }]);
    expect(progress).toContain(1);
    await client.callTool({ name: 'change' });
    await changed;
  });

  it('says which scopes a call needs that the caller does not hold, and goes on', async () => {
    const { client } = await wired(mode);
    const refused = client.callTool({ name: 'write' });
    await expect(refused).rejects.toBeInstanceOf(ProtocolError);
    await expect(refused).rejects.toMatchObject({
      code: -32000,
      message: expect.stringContaining('The call needs the scopes write.'),
      data: { error: 'insufficient_scope', scope: 'write' },
    });
    await expect(client.callTool({ name: 'none' })).rejects.toMatchObject({ code: -32602 });
    expect((await client.callTool({ name: 'echo', arguments: { text: 'on' } })).isError).toBeUndefined();
  });

  it('stops what is cancelled, and everything when the wire closes', async () => {
    const { client, over } = await wired(mode);
    const gone = new AbortController();
    const call = client.callTool({ name: 'wait' }, { signal: gone.signal });
    await waiting.promise;
    gone.abort();
    await expect(call).rejects.toThrow();
    await cancelled.promise;
    cancelled = Promise.withResolvers();
    waiting = Promise.withResolvers();
    const last = client.callTool({ name: 'wait' });
    await waiting.promise;
    await Promise.all([client.close(), expect(last).rejects.toThrow()]);
    await cancelled.promise;
    await over;
  });
});
