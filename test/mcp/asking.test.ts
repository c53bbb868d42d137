import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import {
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  LoggingMessageNotificationSchema,
} from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CannotAsk } from '../../src/mcp/ask.ts';
import { defineServer, ToolError } from '../../src/mcp/define-server.ts';
import { user } from './callers.ts';
import { type HttpHost, listen } from './http-host.ts';

const schema = z.object({ city: z.string().min(2), nights: z.number().int().default(1) });

const definition = (sessions: boolean) =>
  defineServer({ name: 'trips', version: '1', sessions })
    .tool('book', { description: 'B', scopes: [] }, async (_, { elicit }) => {
      const answer = await elicit({ message: 'Where to?', schema });
      return answer.action === 'accept' ? `${answer.content.nights} in ${answer.content.city}` : answer.action;
    })
    .tool('haiku', { description: 'H', scopes: [] }, async (_, { sample }) => {
      const question = { role: 'user' as const, content: { type: 'text' as const, text: 'A haiku.' } };
      const { content } = await sample({ messages: [question], maxTokens: 30 });
      return content.type === 'text' ? content.text : '';
    })
    .tool('where', { description: 'W', scopes: [] }, async (_, { roots }) => (await roots()).map(({ uri }) => uri))
    .tool('polite', { description: 'P', scopes: [] }, async (_, { elicit }) => {
      try {
        return await elicit({ message: 'Where to?', schema });
      } catch (error) {
        if (error instanceof CannotAsk) return `not asked: ${Object.keys(error.needs)}`;
        throw error;
      }
    })
    .tool('talk', { description: 'T', scopes: [] }, async (_, { tell }) => {
      await tell('debug', 'one');
      await tell('warning', { two: 2 }, 'trips');
      return 'told';
    })
    .prompt('plan', { description: 'P', scopes: [] }, async (_, { elicit }) => {
      const answer = await elicit({ message: 'Where to?', schema });
      if (answer.action !== 'accept') throw new ToolError('No plan then.');
      return `Plan ${answer.content.city}`;
    });

let host: HttpHost;
let stateless: HttpHost;
beforeAll(async () => {
  host = await listen(definition(true), { alice: user('alice') });
  stateless = await listen(definition(false), { alice: user('alice') });
});
afterAll(() => Promise.all([host.close(), stateless.close()]));

const info = { name: 'client', version: '1' };
const requestInit = { headers: { authorization: 'Bearer alice' } };

/** What a client does when it is asked. */
interface Answers {
  readonly elicit?: (message: string) => { action: 'accept' | 'decline' | 'cancel'; content?: Record<string, string> };
  readonly sample?: string;
  readonly roots?: string;
  readonly told?: unknown[];
}

/** A client of 2025, for both SDKs alike. */
interface OldClient {
  call(name: string): Promise<string>;
  prompt(name: string): Promise<unknown>;
  setLevel(level: 'debug' | 'warning'): Promise<unknown>;
  sessionId(): string | undefined;
  leave(): Promise<void>;
  close(): Promise<void>;
}

const capabilitiesOf = ({ elicit, sample, roots }: Answers) => ({
  ...(elicit && { elicitation: {} }),
  ...(sample !== undefined && { sampling: {} }),
  ...(roots !== undefined && { roots: {} }),
});

const textOf = (result: unknown): string => (result as { content: { text: string }[] }).content[0]?.text ?? '';
const sampled = (text: string) => ({
  model: 'm',
  role: 'assistant' as const,
  content: { type: 'text' as const, text },
});

async function v1(url: URL, answers: Answers): Promise<OldClient> {
  const client = new ClientV1(info, { capabilities: capabilitiesOf(answers) });
  const { elicit, sample, roots, told } = answers;
  if (elicit) client.setRequestHandler(ElicitRequestSchema, ({ params }) => elicit(params.message));
  if (sample !== undefined) client.setRequestHandler(CreateMessageRequestSchema, () => sampled(sample));
  if (roots !== undefined) client.setRequestHandler(ListRootsRequestSchema, () => ({ roots: [{ uri: roots }] }));
  if (told) client.setNotificationHandler(LoggingMessageNotificationSchema, ({ params }) => void told.push(params));
  const transport = new TransportV1(url, { requestInit });
  await client.connect(transport as Parameters<typeof client.connect>[0]);
  return {
    call: async (name) => textOf(await client.callTool({ name })),
    prompt: (name) => client.getPrompt({ name }),
    setLevel: (level) => client.setLoggingLevel(level),
    sessionId: () => transport.sessionId,
    leave: () => transport.terminateSession(),
    close: () => client.close(),
  };
}

const v2 = (url: URL, answers: Answers) => connectV2(url, answers, 'legacy');

async function connectV2(url: URL, answers: Answers, mode: 'legacy' | 'auto'): Promise<OldClient> {
  const client = new ClientV2(info, { capabilities: capabilitiesOf(answers), versionNegotiation: { mode } });
  const { elicit, sample, roots, told } = answers;
  if (elicit) client.setRequestHandler('elicitation/create', ({ params }) => elicit(params.message));
  if (sample !== undefined) client.setRequestHandler('sampling/createMessage', () => sampled(sample));
  if (roots !== undefined) client.setRequestHandler('roots/list', () => ({ roots: [{ uri: roots }] }));
  if (told) client.setNotificationHandler('notifications/message', ({ params }) => void told.push(params));
  const transport = new TransportV2(url, { requestInit });
  await client.connect(transport);
  return {
    call: async (name) => textOf(await client.callTool({ name })),
    prompt: (name) => client.getPrompt({ name }),
    setLevel: (level) => client.setLoggingLevel(level),
    sessionId: () => transport.sessionId,
    leave: () => transport.terminateSession(),
    close: () => client.close(),
  };
}

describe.each([
  ['the SDK v1 client', v1],
  ['the SDK v2 client in its 2025 mode', v2],
])('%s, with a session', (_, connect) => {
  it('is asked in the middle of a call: form, model, folders', async () => {
    const asked: string[] = [];
    const elicit = (message: string) => {
      asked.push(message);
      return { action: 'accept' as const, content: { city: 'Turin' } };
    };
    const client = await connect(host.url, { elicit, sample: 'old pond', roots: 'file:///home' });
    expect(client.sessionId()).toMatch(/^[\w-]{43}$/);
    expect(await client.call('book')).toBe('1 in Turin');
    expect(asked).toEqual(['Where to?']);
    expect(await client.call('haiku')).toBe('old pond');
    expect(await client.call('where')).toBe('["file:///home"]');
    expect(await client.prompt('plan')).toMatchObject({ messages: [{ content: { text: 'Plan Turin' } }] });
    await client.close();
  });

  it('may decline, and is told where its answer does not fit', async () => {
    const declines = await connect(host.url, { elicit: () => ({ action: 'decline' }) });
    expect(await declines.call('book')).toBe('decline');
    await expect(declines.prompt('plan')).rejects.toThrow('No plan then.');
    await declines.close();
    const errs = await connect(host.url, { elicit: () => ({ action: 'accept', content: { city: 'X' } }) });
    expect(await errs.call('book')).toMatch(/does not fit|did not answer/);
    await errs.close();
  });

  it('is not asked what it has not said that it can answer; the same call elsewhere can go another way', async () => {
    const client = await connect(host.url, {});
    expect(await client.call('book')).toBe('This needs a client that has the capability "elicitation".');
    expect(await client.call('haiku')).toBe('This needs a client that has the capability "sampling".');
    expect(await client.call('where')).toBe('This needs a client that has the capability "roots".');
    expect(await client.call('polite')).toBe('not asked: elicitation');
    await client.close();
  });

  it('is told what a call has to say, from the level that it set', async () => {
    const told: unknown[] = [];
    const client = await connect(host.url, { told });
    expect(await client.call('talk')).toBe('told');
    expect(told).toMatchObject([
      { level: 'debug', data: 'one' },
      { level: 'warning', data: { two: 2 }, logger: 'trips' },
    ]);
    await client.setLevel('warning');
    await client.call('talk');
    expect(told.slice(2)).toMatchObject([{ data: { two: 2 } }]);
    await client.close();
  });

  it('ends its session, and has another one when it connects again', async () => {
    const client = await connect(host.url, {});
    const id = client.sessionId();
    await client.leave();
    const headers = { ...requestInit.headers, 'mcp-session-id': String(id), accept: 'text/event-stream' };
    expect((await fetch(host.url, { headers })).status).toBe(404);
    await client.close();
    const again = await connect(host.url, {});
    expect(await again.call('talk')).toBe('told');
    expect(again.sessionId()).not.toBe(id);
    await again.close();
  });

  it('is told clearly where the server has no sessions', async () => {
    const elicit = () => ({ action: 'accept' as const, content: { city: 'Turin' } });
    const client = await connect(stateless.url, { elicit });
    expect(client.sessionId()).toBeUndefined();
    expect(await client.call('book')).toBe(
      'This needs a client that can be asked (elicitation/create) while a call runs.',
    );
    expect(await client.call('polite')).toBe('not asked: elicitation');
    await client.close();
  });
});

describe('the SDK v2 client of 2026-07-28', () => {
  it('is asked round by round, on a mount without sessions: form, model, folders', async () => {
    const asked: string[] = [];
    const elicit = (message: string) => {
      asked.push(message);
      return { action: 'accept' as const, content: { city: 'Turin' } };
    };
    const client = await connectV2(stateless.url, { elicit, sample: 'old pond', roots: 'file:///home' }, 'auto');
    expect(await client.call('book')).toBe('1 in Turin');
    expect(asked).toEqual(['Where to?']);
    expect(await client.call('haiku')).toBe('old pond');
    expect(await client.call('where')).toBe('["file:///home"]');
    expect(await client.prompt('plan')).toMatchObject({ messages: [{ content: { text: 'Plan Turin' } }] });
    await client.close();
  });

  it('may decline; what it has not said that it can answer is -32021, unless the handler goes another way', async () => {
    const client = await connectV2(stateless.url, { elicit: () => ({ action: 'decline' }) }, 'auto');
    expect(await client.call('book')).toBe('decline');
    await expect(client.prompt('plan')).rejects.toThrow('No plan then.');
    await expect(client.call('haiku')).rejects.toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { sampling: {} } },
    });
    await client.close();
    const silent = await connectV2(stateless.url, {}, 'auto');
    expect(await silent.call('polite')).toBe('not asked: elicitation');
    await silent.close();
  });
});
