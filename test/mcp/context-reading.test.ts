import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { InsufficientScope } from '../../src/core/errors.ts';
import { type CallContext, defineServer } from '../../src/mcp/define-server.ts';
import { httpFacts } from '../../src/mcp/http-facts.ts';
import { legacy, modern, serving, user } from './callers.ts';

const eras = [modern, legacy];
const input = z.object({ uri: z.string() });

/** A server whose tools use its other items. */
function librarian(caught: unknown[] = []) {
  const definition = defineServer({ name: 's', version: '1' })
    .resource('book://{id}', { scopes: ['books'] }, ({ id }) => (id === 'none' ? undefined : `book ${id}`))
    .resource('map://all', { scopes: ['maps'] }, (_, { principal }) => `map of ${principal.subject}`)
    .prompt(
      'ask',
      { description: 'A', input: z.object({ what: z.string() }), scopes: ['asks'] },
      async ({ what }, { read }) => `${what} ${textOf(await read('map://all'))}`,
    )
    .tool('read', { description: 'R', input, scopes: ['tool'] }, async ({ uri }, { read }) => textOf(await read(uri)))
    .tool('both', { description: 'B', scopes: [] }, async (_, { read }) =>
      [await read('book://1'), await read('map://all')].map(textOf),
    )
    .tool(
      'prompt',
      { description: 'P', scopes: ['tool'] },
      async (_, { prompt }) => (await prompt('ask', { what: 'where' })).messages,
    )
    .tool('careful', { description: 'C', scopes: [] }, async (_, { read }) => {
      const book = await read('book://1').catch((error: unknown) => void caught.push(error));
      return book === undefined ? 'without' : 'with';
    });
  return serving(definition);
}

const textOf = ({ contents }: Awaited<ReturnType<CallContext['read']>>) => {
  const [first] = contents;
  return first !== undefined && 'text' in first ? first.text : undefined;
};

describe('a handler that uses other items of its server', () => {
  it('gets what its caller would get', async () => {
    const { ask } = librarian();
    const principal = user('alice', 'tool', 'books', 'maps', 'asks');
    for (const era of eras) {
      const read = await ask(era('tools/call', { name: 'read', arguments: { uri: 'book://7' } }), { principal });
      expect(read.body.result.content).toEqual([{ type: 'text', text: 'book 7' }]);
      const prompted = await ask(era('tools/call', { name: 'prompt' }), { principal });
      expect(JSON.parse(prompted.body.result.content[0].text)).toEqual([
        { role: 'user', content: { type: 'text', text: 'where map of alice' } },
      ]);
    }
  });

  it('is refused with every scope that its call has turned out to need, and passes after that step-up', async () => {
    const { ask } = librarian();
    const reading = { name: 'read', arguments: { uri: 'book://7' } };
    const cases: [string, object, string[], string][] = [
      ['read', reading, ['tool'], 'tool books'],
      ['both', { name: 'both' }, [], 'books'],
      ['both', { name: 'both' }, ['books'], 'books maps'],
      ['prompt', { name: 'prompt' }, ['tool'], 'tool asks'],
      ['prompt', { name: 'prompt' }, ['tool', 'asks'], 'tool asks maps'],
    ];
    for (const era of eras) {
      for (const [, params, held, needed] of cases) {
        const refused = await ask(era('tools/call', { ...params }), { principal: user('alice', ...held) });
        expect([refused.status, refused.body]).toEqual([403, { error: 'insufficient_scope', scope: needed }]);
        const all = user('alice', 'tool', 'books', 'maps', 'asks');
        expect((await ask(era('tools/call', { ...params }), { principal: all })).status).toBe(200);
      }
    }
  });

  it('may do without what its caller may not have', async () => {
    const caught: unknown[] = [];
    const { ask } = librarian(caught);
    const { status, body } = await ask(modern('tools/call', { name: 'careful' }));
    expect([status, body.result.content[0].text]).toEqual([200, 'without']);
    expect(caught).toEqual([new InsufficientScope(['books'])]);
  });

  it('hands on the end of its own time', async () => {
    const ended: boolean[] = [];
    const definition = defineServer({ name: 's', version: '1' })
      .resource('slow://all', { scopes: [] }, async (_, { signal }) => {
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        ended.push(signal.aborted);
      })
      .tool('t', { description: 'T', scopes: [], timeout: 0.02 }, (_, { read }) => read('slow://all'));
    const { ask } = serving(definition);
    expect((await ask(modern('tools/call', { name: 't' }))).body.result.isError).toBe(true);
    await expect.poll(() => ended).toEqual([true]);
  });

  it('is told of what there is not', async () => {
    const { ask } = librarian();
    const principal = user('alice', 'tool', 'books');
    for (const uri of ['book://none', 'other://1']) {
      const { body } = await ask(legacy('tools/call', { name: 'read', arguments: { uri } }), { principal });
      expect(body.error).toMatchObject({ code: -32602, data: { uri } });
    }
  });
});

describe('what a handler learns of its HTTP request', () => {
  const CREDENTIALS = {
    authorization: 'Bearer x',
    'proxy-authorization': 'Basic x',
    cookie: 'a=x',
    dpop: 'x',
    'x-api-key': 'x',
    apikey: 'x',
    'api-key': 'x',
    'ocp-apim-subscription-key': 'x',
    'x-auth-token': 'x',
    'x-csrf-token': 'x',
    'x-forwarded-access-token': 'x',
    'cf-access-jwt-assertion': 'x',
    'x-amz-security-token': 'x',
    'x-goog-iap-jwt-assertion': 'x',
    'x-hub-signature-256': 'x',
    'x-client-secret': 'x',
    'mcp-session-id': 'x',
  };

  it('has no header that could be a credential, and the others', async () => {
    const headers = { ...CREDENTIALS, 'accept-language': 'de', 'idempotency-key': '7', 'x-tenant': 'a' };
    const { headers: seen } = httpFacts(new Request('https://rs.test/mcp', { headers }));
    expect(Object.fromEntries(seen)).toEqual({ 'accept-language': 'de', 'idempotency-key': '7', 'x-tenant': 'a' });
  });

  it('is there in both eras, and not where no HTTP request carries the call', async () => {
    const seen: CallContext['http'][] = [];
    const definition = defineServer({ name: 's', version: '1' }).tool(
      't',
      { description: 'T', scopes: [] },
      (_, { http }) => {
        seen.push(http);
      },
    );
    const { ask, endpoint } = serving(definition);
    for (const era of eras) await ask(era('tools/call', { name: 't' }, { 'x-tenant': 'a', authorization: 'Bearer x' }));
    for (const http of seen) {
      expect([http?.method, http?.url, http?.headers.get('x-tenant')]).toEqual(['POST', 'https://rs.test/a/mcp', 'a']);
      expect(http?.headers.has('authorization')).toBe(false);
    }
    expect([seen.length, endpoint.httpMethods]).toEqual([2, ['POST']]);
  });
});
