import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineServer } from '../../src/mcp/define-server.ts';
import { countUnread } from '../../src/mcp/unread.ts';
import { legacy, modern, type Sent, serving, user } from './callers.ts';
import { connectCaller, ERAS } from './foreign/callers.ts';
import { listen } from './http-host.ts';

const INITIALIZE = {
  protocolVersion: '2025-11-25',
  capabilities: { elicitation: {} },
  clientInfo: { name: 'test', version: '1' },
};
const WORDS = 3000;
const input = z.object({ size: z.number() });

/** Tools that say and ask more than a client reads; `ended` is told when they have. */
const talkative = (ended: () => void = () => undefined) =>
  defineServer({ name: 's', version: '1', sessions: true })
    .tool('progress', { description: 'P', scopes: [], input }, async ({ size }, { progress }) => {
      for (let n = 0; n < WORDS; n += 1) await progress(n, undefined, 'x'.repeat(size));
      ended();
      return 'done';
    })
    .tool('tell', { description: 'T', scopes: [], input }, async ({ size }, { tell }) => {
      await Promise.all(Array.from({ length: WORDS }, (_, n) => tell('info', `${n} ${'x'.repeat(size)}`)));
      ended();
      return 'done';
    })
    .tool('careless', { description: 'C', scopes: [], input }, (_, { progress }) => {
      for (let n = 0; n < WORDS; n += 1) void progress(n);
      return 'done';
    })
    .tool('ask', { description: 'A', scopes: [], input }, async ({ size }, { elicit }) => {
      const form = { message: 'x'.repeat(size), schema: z.object({}) };
      const asked = Array.from({ length: 10 }, () => elicit(form));
      const refused = await Promise.race(asked).catch((error: Error) => String(error.cause));
      ended();
      return String(refused);
    });

const LOUD = { 'io.modelcontextprotocol/logLevel': 'debug' };

/** What is left of an answer that nobody has read so far. */
async function leftOf(answer: Response) {
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const text = await answer.text();
  const messages = [...text.matchAll(/^data: (.+)$/gm)].map(([, message = '']) => JSON.parse(message));
  return { size: text.length, words: messages.length - 1, last: messages.at(-1) };
}

const DONE = { id: 1, result: { content: [{ type: 'text', text: 'done' }] } };

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe('the answer to a call that nobody reads', () => {
  /** The ways to call, each with the answer when the tool has come to its end. */
  const ways = async () => {
    const ended = Promise.withResolvers<void>();
    const { raw, endpoint } = serving(talkative(ended.resolve));
    closing.push(endpoint.close);
    const opened = await raw(legacy('initialize', INITIALIZE));
    await opened.text();
    const session = { 'mcp-session-id': String(opened.headers.get('mcp-session-id')) };
    const way =
      (make: (params: Record<string, unknown>) => Sent, meta = {}) =>
      async (name: string, size: number) => {
        const answer = await raw(make({ name, arguments: { size }, _meta: { progressToken: 'p', ...meta } }));
        await ended.promise;
        return leftOf(answer);
      };
    return {
      modern: way((params) => modern('tools/call', params), LOUD),
      legacy: way((params) => legacy('tools/call', params)),
      session: way((params) => legacy('tools/call', params, session)),
    };
  };

  it.each(['modern', 'legacy', 'session'] as const)(
    'DS-04 keeps so many words, of so much together, and the result (%s)',
    async (era) => {
      const { [era]: send } = await ways();
      const short = await send('progress', 1);
      expect(short.words).toBeGreaterThanOrEqual(2000);
      expect(short.words).toBeLessThan(2010);
      expect(short.last).toMatchObject(DONE);
      const long = await (await ways())[era]('progress', 10_000);
      expect(long.size).toBeGreaterThan(1_000_000);
      expect(long.size).toBeLessThan(1_200_000);
      expect(long.last).toMatchObject(DONE);
    },
  );

  it.each(['modern', 'session'] as const)('keeps no more of what a tool says all at once (%s)', async (era) => {
    const { [era]: send } = await ways();
    const { size, last } = await send('tell', 10_000);
    expect(size).toBeGreaterThan(1_000_000);
    expect(size).toBeLessThan(1_200_000);
    expect(last).toMatchObject(DONE);
  });

  it('may be over while a word of it waits that its tool has not waited for', async () => {
    const { raw, endpoint } = serving(talkative());
    closing.push(endpoint.close);
    const opened = await raw(legacy('initialize', INITIALIZE));
    await opened.text();
    const session = { 'mcp-session-id': String(opened.headers.get('mcp-session-id')) };
    const uncaught: unknown[] = [];
    const hear = (reason: unknown) => void uncaught.push(reason);
    process.on('unhandledRejection', hear);
    const params = { name: 'careless', arguments: { size: 1 }, _meta: { progressToken: 'p' } };
    const answer = await raw(legacy('tools/call', params, session));
    const reader = answer.body?.getReader();
    const numbers: number[] = [];
    for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
      const [, progress] = /"progress":(\d+)/.exec(Buffer.from(part.value).toString()) ?? [];
      if (progress !== undefined) numbers.push(Number(progress));
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', hear);
    expect(uncaught).toEqual([]);
    expect(numbers).toEqual([...numbers].sort((one, other) => one - other));
  });

  it('takes no more questions once too many wait', async () => {
    const { session } = await ways();
    const { size, last } = await session('ask', 1_000_000);
    expect(last.result.content).toEqual([{ type: 'text', text: 'Error: The client does not read its answer.' }]);
    expect(size).toBeGreaterThan(3_000_000);
    expect(size).toBeLessThan(3_100_000);
  });
});

describe('the answer to a call that is read', () => {
  it.each(ERAS)('has every word of a tool that waits for each to be sent, in order (%s)', async (era) => {
    const host = await listen(talkative(), { ada: user('ada') });
    closing.push(host.close);
    const { client, close } = await connectCaller(host.url, 'ada', era);
    closing.push(close);
    const heard: number[] = [];
    const { content } = await client.callTool(
      { name: 'progress', arguments: { size: 10 } },
      { onprogress: ({ progress }) => void heard.push(progress) },
    );
    expect(content).toEqual([{ type: 'text', text: 'done' }]);
    expect(heard).toEqual(Array.from({ length: WORDS }, (_, n) => n));
  });
});

describe('what is not read yet', () => {
  it('is told from keep-alives, which nobody has written', () => {
    const part = (text: string) => new TextEncoder().encode(text);
    const unread = countUnread();
    for (let n = 0; n < 2001; n += 1) unread.wrote();
    for (let n = 0; n < 10; n += 1) unread.read(part(': keepalive\n\n'));
    expect([unread.isTooMuch(), unread.isTooMuch(2)]).toEqual([true, false]);
    unread.read(part('event: message\ndata: {}\n\n'));
    expect(unread.isTooMuch()).toBe(false);
  });
});
