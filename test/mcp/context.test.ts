import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type CallContext, defineServer } from '../../src/mcp/define-server.ts';
import { legacy, modern, serving, user } from './callers.ts';

/** A server whose one tool hands its context and input over. */
function spy(input: z.ZodType = z.record(z.string(), z.unknown())) {
  const seen: { input: unknown; context: CallContext }[] = [];
  const definition = defineServer({ name: 's', version: '1' }).tool(
    't',
    { description: 'T', input, scopes: [] },
    (given, context) => {
      seen.push({ input: given, context });
    },
  );
  return { ...serving(definition), seen };
}

describe('the context of a call', () => {
  it('MC-22 takes the caller from the token and from nothing that was sent', async () => {
    const { ask, seen } = spy();
    const principal = user('alice', 'notes:read');
    const params = {
      name: 't',
      arguments: { principal: { subject: 'root' } },
      _meta: {
        authInfo: { scopes: ['admin'] },
        user: 'root',
        principal: { subject: 'root' },
        'io.modelcontextprotocol/authInfo': { sub: 'root' },
      },
    };
    const headers = {
      'x-user-id': 'root',
      'x-authenticated-scopes': 'admin',
      baggage: 'userId=root',
      authorization: 'Bearer root',
    };
    for (const era of [modern, legacy])
      expect((await ask(era('tools/call', params, headers), { principal })).status).toBe(200);
    for (const { context } of seen) expect(context.principal).toEqual(principal);
    expect(seen).toHaveLength(2);
  });

  it('is frozen, and its principal is no way to the one that others share', async () => {
    const { ask, seen } = spy();
    const principal = user('alice', 'notes:read');
    await ask(modern('tools/call', { name: 't', arguments: {} }), { principal });
    const context = seen[0]?.context as CallContext;
    expect(Object.isFrozen(context) && Object.isFrozen(context.principal)).toBe(true);
    (context.principal.scopes as Set<string>).add('admin');
    expect([...principal.scopes]).toEqual(['notes:read']);
    const facts = ['http', 'log', 'principal', 'requestId', 'signal', 'state'];
    const does = [
      'elicit',
      'roots',
      'sample',
      'tell',
      'progress',
      'listChanged',
      'resourceUpdated',
      'read',
      'prompt',
      'upstream',
    ];
    expect(Object.keys(context).sort()).toEqual([...facts, ...does].sort());
  });

  it('PP-01 is not reached by __proto__ and its like in arguments', async () => {
    for (const input of [
      z.object({ a: z.string() }),
      z.looseObject({ a: z.string() }),
      z.record(z.string(), z.unknown()),
    ]) {
      const { ask, seen } = spy(input);
      const hostile = JSON.parse(
        '{"a":"x","__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"toString":"x"}',
      );
      for (const era of [modern, legacy]) {
        expect((await ask(era('tools/call', { name: 't', arguments: hostile }))).status).toBe(200);
      }
      expect(seen).toHaveLength(2);
      for (const { input: given } of seen) {
        expect((given as { admin?: unknown }).admin).toBeUndefined();
        expect(Object.getPrototypeOf(given)).toBe(Object.prototype);
      }
      expect(({} as { admin?: unknown }).admin).toBeUndefined();
    }
  });

  it('gives an empty input to a tool without one, whatever was sent', async () => {
    const seen: unknown[] = [];
    const definition = defineServer({ name: 's', version: '1' }).tool(
      't',
      { description: 'T', scopes: [] },
      (input) => void seen.push(input),
    );
    await serving(definition).ask(modern('tools/call', { name: 't', arguments: { a: 1 } }));
    expect(seen).toEqual([{}]);
  });

  it('sends progress to a client that asked for it, before the result', async () => {
    const definition = defineServer({ name: 's', version: '1' }).tool(
      't',
      { description: 'T', scopes: [] },
      async (_, { progress }) => {
        await progress(0.5, 1, 'half');
        return 'done';
      },
    );
    const { raw } = serving(definition);
    for (const era of [modern, legacy]) {
      const asked = await raw(era('tools/call', { name: 't', _meta: { progressToken: 'p-1' } }));
      expect(asked.headers.get('content-type')).toBe('text/event-stream');
      const events = (await asked.text())
        .split('\n')
        .flatMap((line) => (line.startsWith('data: ') ? [JSON.parse(line.slice(6))] : []));
      expect(events[0]).toMatchObject({
        method: 'notifications/progress',
        params: { progressToken: 'p-1', progress: 0.5, total: 1, message: 'half' },
      });
      expect(events[1].result.content).toEqual([{ type: 'text', text: 'done' }]);
      const unasked = await raw(era('tools/call', { name: 't' }));
      expect(unasked.headers.get('content-type')).toBe('application/json');
    }
  });

  it('aborts its signal when the client goes away, and when the endpoint closes', async () => {
    const started: (() => void)[] = [];
    const reasons: boolean[] = [];
    const definition = defineServer({ name: 's', version: '1' }).tool(
      't',
      { description: 'T', scopes: [] },
      async (_, { signal }) => {
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve());
          started.shift()?.();
        });
        reasons.push(signal.aborted);
      },
    );
    const { raw, endpoint } = serving(definition);
    const begin = async (signal?: AbortSignal) => {
      const begun = new Promise<void>((resolve) => started.push(resolve));
      const answer = raw(modern('tools/call', { name: 't' }), signal && { signal });
      await begun;
      return { answer };
    };
    const gone = new AbortController();
    const first = await begin(gone.signal);
    gone.abort();
    expect((await first.answer).status).toBe(499);
    const second = await begin();
    await endpoint.close();
    const cut = await second.answer;
    expect([cut.status, cut.headers.get('retry-after')]).toEqual([503, '5']);
    expect(reasons).toEqual([true, true]);
  });
});
