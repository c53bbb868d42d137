import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineServer } from '../../src/mcp/define-server.ts';
import { legacy, modern, type Sent, serving, user } from './callers.ts';
import { type HttpHost, listen } from './http-host.ts';

const CALLS = 1000;
const definition = () =>
  defineServer({ name: 's', version: '1' })
    .tool(
      'mine',
      { description: 'M', input: z.object({ n: z.number() }), scopes: [] },
      async ({ n }, { principal, progress }) => {
        await progress(n, CALLS, principal.subject);
        return `${principal.subject} ${n}`;
      },
    )
    .tool('hold', { description: 'H', scopes: [] }, async (_, { signal }) => {
      await held;
      return signal.aborted ? 'aborted' : 'finished';
    });

let release = () => {};
let held = new Promise<void>(() => {});
const hold = () => {
  held = new Promise((resolve) => {
    release = resolve;
  });
};

/** The data of an SSE answer, or the one message of a JSON answer. */
const messagesOf = (
  text: string,
): { params?: { message: string; progress: number }; result?: { content: { text: string }[] } }[] =>
  text.startsWith('{')
    ? [JSON.parse(text)]
    : text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6))] : []));

describe('callers who send the same ids at the same time', () => {
  let host: HttpHost;
  beforeAll(async () => {
    host = await listen(definition(), { alice: user('alice'), bob: user('bob') });
  });
  afterAll(() => host.close());

  it('MC-27 never see an answer or a notification of each other in 1,000 calls, some of them given up', async () => {
    const send = async (who: string, n: number): Promise<void> => {
      const era = n % 3 === 0 ? legacy : modern;
      const { message, headers } = era('tools/call', { name: 'mine', arguments: { n }, _meta: { progressToken: 1 } });
      const gaveUp = new AbortController();
      const answer = fetch(host.url, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${who}` },
        body: JSON.stringify(message),
        signal: gaveUp.signal,
      }).then((response) => response.text());
      if (n % 10 === 7) {
        gaveUp.abort();
        await expect(answer).rejects.toThrow('aborted');
        return;
      }
      const [progress, result] = messagesOf(await answer);
      expect([progress?.params?.message, progress?.params?.progress]).toEqual([who, n]);
      expect(result?.result?.content[0]?.text).toBe(`${who} ${n}`);
    };
    for (let first = 0; first < CALLS; first += 50) {
      await Promise.all(
        Array.from({ length: 50 }, (_, index) => send(index % 2 === 0 ? 'alice' : 'bob', first + index)),
      );
    }
  });
});

describe('notifications about the request of somebody else', () => {
  it('MC-28 are accepted and change nothing', async () => {
    const { ask } = serving(definition());
    hold();
    const running = ask(modern('tools/call', { name: 'hold' }), { principal: user('alice') });
    const notify = (
      era: (method: string, params: Record<string, unknown>) => Sent,
      method: string,
      params: Record<string, unknown>,
    ) => {
      const { message, headers } = era(method, params);
      const { id: _, ...rest } = message as { id: unknown };
      return ask({ message: rest, headers }, { principal: user('bob') });
    };
    for (const era of [modern, legacy]) {
      expect((await notify(era, 'notifications/cancelled', { requestId: 1, reason: 'mine now' })).status).toBe(202);
      expect((await notify(era, 'notifications/progress', { progressToken: 1, progress: 1 })).status).toBe(202);
    }
    release();
    expect((await running).body.result.content[0].text).toBe('finished');
  });
});
