import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Unavailable } from '../../src/core/errors.ts';
import { defineServer, ToolError } from '../../src/mcp/define-server.ts';
import {
  handleErrors,
  logging,
  type Middleware,
  rateLimit,
  responseLimit,
  retry,
  timing,
} from '../../src/mcp/middleware/index.ts';
import { keptLog, legacy, modern, serving, user } from './callers.ts';

const eras = [modern, legacy];
const call = (name: string, input: object = {}) => ['tools/call', { name, arguments: input }] as const;

/** A server whose tools and resources do what `does` says. */
function within(middleware: Middleware, does: (input?: unknown) => unknown = () => 'done') {
  const input = z.looseObject({});
  const definition = defineServer({ name: 's', version: '1' })
    .use(middleware)
    .tool('change', { description: 'C', input, scopes: [] }, (given) => does(given))
    .tool('look', { description: 'L', scopes: [], annotations: { readOnlyHint: true } }, () => does())
    .tool('set', { description: 'S', scopes: [], annotations: { idempotentHint: true } }, () => does())
    .tool('reads', { description: 'R', scopes: [] }, async (_, { read }) => {
      await read('note://1');
      await read('note://2');
    })
    .resource('note://{id}', { scopes: [] }, ({ id }) => does(id));
  return serving(definition);
}

/** Fails with `errors` in turn, then does its work; `ran` counts. */
function failing(...errors: unknown[]) {
  const counted = { ran: 0 };
  const does = () => {
    const error = errors[counted.ran];
    counted.ran += 1;
    if (error !== undefined) throw error;
    return 'done';
  };
  return { counted, does };
}

describe('timing', () => {
  it('tells how long each operation took and how it ended', async () => {
    const told: unknown[] = [];
    let now = 0;
    const { ask } = within(
      timing({
        monotonic: () => now,
        told: ({ kind }, { milliseconds, ending }) => told.push([kind, milliseconds, ending]),
      }),
      (input) => {
        now += 12;
        if (input === 'refused') throw new ToolError('No.');
        if (input === 'failed') throw new Error('hunter2');
        return 'done';
      },
    );
    await ask(modern(...call('look')));
    await ask(modern('resources/read', { uri: 'note://refused' }));
    await ask(modern('resources/read', { uri: 'note://failed' }));
    await ask(modern('tools/list'));
    expect(told).toEqual([
      ['callTool', 12, 'ok'],
      ['readResource', 12, 'refused'],
      ['readResource', 12, 'failed'],
      ['listTools', 0, 'ok'],
    ]);
  });

  it('writes to the log by default, of slow ones alone where it is told to', async () => {
    const log = keptLog();
    await within(timing()).ask(modern(...call('look')), { log });
    await within(timing({ slowerThan: 60_000 })).ask(modern(...call('look')), { log });
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toMatchObject({
      event: 'operation_timed',
      fields: { operation: 'callTool', server: 's', item: 'look', ending: 'ok' },
    });
  });
});

describe('logging', () => {
  it('writes what was done for whom, without anything that was sent', async () => {
    const log = keptLog();
    const { ask } = within(logging({ monotonic: () => 0 }));
    await ask(modern(...call('change', { text: 'hunter2' })), { log });
    await ask(legacy('resources/read', { uri: 'note://hunter2' }), { log });
    const who = { caller: 'user', subject: 'alice', client: 'test-client', server: 's', ending: 'ok', milliseconds: 0 };
    expect(log.lines).toEqual([
      { event: 'operation_served', fields: { ...who, operation: 'callTool', method: 'tools/call', item: 'change' } },
      {
        event: 'operation_served',
        fields: { ...who, operation: 'readResource', method: 'resources/read', item: 'note://{id}' },
      },
    ]);
    expect(JSON.stringify(log.lines)).not.toContain('hunter2');
  });

  it('writes what was sent where it is told to, but no secret', async () => {
    const log = keptLog();
    const { ask } = within(logging({ input: true }));
    const sent = { text: 'plain', password: 'hunter2', deep: [{ api_key: 'hunter2', ok: 1 }], accessToken: 'hunter2' };
    await ask(modern(...call('change', sent)), { log });
    expect(log.lines[0]?.fields.input).toBe(
      '{"text":"plain","password":"[left out]","deep":[{"api_key":"[left out]","ok":1}],"accessToken":"[left out]"}',
    );
  });
});

describe('logging of what was sent', () => {
  it('leaves out what is completed for a secret, and secrets in addresses', async () => {
    const log = keptLog();
    const input = z.object({ password: z.string(), city: z.string() });
    const suggest = () => [];
    const definition = defineServer({ name: 's', version: '1' })
      .use(logging({ input: true }))
      .prompt(
        'login',
        { description: 'L', scopes: [], input, complete: { password: suggest, city: suggest } },
        () => 'x',
      )
      .resource('n://{id}{?token,page}', { scopes: [] }, () => 'x')
      .resource('k://{apiKey}/a', { scopes: [] }, () => 'x');
    const { ask } = serving(definition);
    for (const name of ['password', 'city']) {
      const params = { ref: { type: 'ref/prompt', name: 'login' }, argument: { name, value: `my ${name}` } };
      await ask(modern('completion/complete', params), { log });
    }
    for (const uri of ['n://1?token=hunter2&page=3', 'k://hunter2/a']) {
      await ask(modern('resources/read', { uri }), { log });
    }
    const said = log.lines.map(({ fields }) => [fields.name, fields.input]);
    expect(said).toEqual([
      ['login', '{"argument":"password","value":"[left out]","others":{}}'],
      ['login', '{"argument":"city","value":"my city","others":{}}'],
      ['n://1?token=[left out]&page=3', undefined],
      ['[left out]', undefined],
    ]);
  });
});

describe('rate limit', () => {
  it('refuses with 429 what one caller asks too often, in both eras, and nobody else', async () => {
    for (const by of ['bucket', 'window'] as const) {
      let now = 0;
      const { ask } = within(rateLimit({ calls: 2, seconds: 1, burst: 2, by, monotonic: () => now }));
      for (const era of eras) {
        now += 10_000;
        const statuses = [];
        for (const message of [era(...call('look')), era('tools/list'), era(...call('look')), era('ping')]) {
          statuses.push((await ask(message)).status);
        }
        expect(statuses).toEqual([200, 200, 429, 429]);
        expect((await ask(era(...call('look')), { principal: user('bob') })).status).toBe(200);
        now += 1000;
        expect((await ask(era(...call('look')))).status).toBe(200);
      }
    }
  });

  it('counts a request once, whatever its handler reads', async () => {
    const { ask } = within(rateLimit({ calls: 1, seconds: 60, burst: 1 }));
    expect((await ask(modern(...call('reads')))).status).toBe(200);
    expect((await ask(modern(...call('reads')))).status).toBe(429);
  });

  it('counts together whom it is told to, and not at all where there is nobody', async () => {
    const caller = ({ context }: { readonly context: { readonly principal: { readonly clientId: string } } }) =>
      context.principal.clientId === 'free' ? undefined : context.principal.clientId;
    const { ask } = within(rateLimit({ calls: 1, seconds: 60, burst: 1, caller }));
    expect((await ask(modern(...call('look')))).status).toBe(200);
    expect((await ask(modern(...call('look')), { principal: user('bob') })).status).toBe(429);
    for (const subject of ['carol', 'carol']) {
      const principal = { ...user(subject), clientId: 'free' };
      expect((await ask(modern(...call('look')), { principal })).status).toBe(200);
    }
  });

  it('is refused with numbers that cannot work', () => {
    for (const [calls, seconds, more] of [
      [0, 1, {}],
      [1.5, 1, {}],
      [1, 0, {}],
      [1, Number.NaN, {}],
      [1, 1, { burst: 0 }],
      [1, 1, { room: 0 }],
      [1001, 1, { by: 'window' }],
      [1, 1, { by: 'other' }],
    ] as const) {
      expect(() => rateLimit({ calls, seconds, ...more } as never)).toThrow(TypeError);
    }
  });
});

describe('response limit', () => {
  it('answers with an error that says so where a result is too large, and leaves others alone', async () => {
    const { ask } = within(responseLimit({ bytes: 200 }), (input) =>
      typeof input === 'string' ? 'é'.repeat(200) : 'short',
    );
    for (const era of eras) {
      expect((await ask(era(...call('look')))).body.result.content[0].text).toBe('short');
      const { error } = (await ask(era('resources/read', { uri: 'note://1' }))).body;
      expect(error.code).toBe(-32602);
      expect(error.message).toMatch(/^The answer has \d{3} bytes, more than the 200 that are sent\. Ask for less\.$/);
    }
    const large = within(responseLimit({ bytes: 200 }), () => 'x'.repeat(300));
    const { result } = (await large.ask(modern(...call('look')))).body;
    expect([result.isError, result.content[0].text]).toEqual([true, expect.stringMatching(/more than the 200/)]);
    expect(() => responseLimit({ bytes: 0 })).toThrow(TypeError);
  });
});

describe('retry', () => {
  const passing = new Unavailable('database');
  const network = new TypeError('fetch failed', { cause: Object.assign(new Error('reset'), { code: 'ECONNRESET' }) });
  const waited: number[] = [];
  const again = (more = {}) =>
    retry({ pause: async (milliseconds) => void waited.push(milliseconds), random: () => 1, ...more });

  it('tries again what only reads or changes nothing twice, waiting longer each time', async () => {
    for (const message of [
      modern(...call('look')),
      legacy(...call('set')),
      modern('resources/read', { uri: 'note://1' }),
    ]) {
      const { counted, does } = failing(passing, network);
      const { status, body } = await within(again(), does).ask(message);
      expect([status, counted.ran]).toEqual([200, 3]);
      expect(JSON.stringify(body.result)).toContain('done');
      expect(waited.splice(0)).toEqual([200, 400]);
    }
    const { does } = failing(...Array(5).fill(passing));
    await within(again({ attempts: 6, longest: 900 }), does).ask(modern(...call('look')));
    expect(waited.splice(0)).toEqual([200, 400, 800, 900, 900]);
  });

  it('gives up in the end', async () => {
    const { counted, does } = failing(passing, passing, passing);
    expect((await within(again(), does).ask(modern(...call('look')))).status).toBe(503);
    expect(counted.ran).toBe(3);
  });

  it('never runs another tool twice, and tries nothing again that would end the same way', async () => {
    const change = failing(passing);
    expect((await within(again(), change.does).ask(modern(...call('change')))).status).toBe(503);
    for (const error of [new ToolError('No.'), new Error('a fault of ours')]) {
      const look = failing(error);
      await within(again(), look.does).ask(modern(...call('look')));
      expect(look.counted.ran).toBe(1);
    }
    expect(change.counted.ran).toBe(1);
    expect(() => retry({ attempts: 0 })).toThrow(TypeError);
  });

  it('stops when the client has gone', async () => {
    const gone = new AbortController();
    const { counted, does } = failing(passing, passing);
    const pause = async () => gone.abort();
    await within(retry({ pause }), does).ask(modern(...call('look')), { signal: gone.signal });
    expect(counted.ran).toBeLessThanOrEqual(2);
  });
});

describe('one place for errors', () => {
  it('translates those that were not meant for callers, and lets the others pass', async () => {
    const told: unknown[] = [];
    const does = (input?: unknown) => {
      if (input === '1') throw new RangeError('too far');
      if (input === '2') throw new ToolError('As it was.');
      throw new Error('hunter2');
    };
    const translate = (error: unknown) => (error instanceof RangeError ? new ToolError('Out of range.') : undefined);
    const { ask } = within(handleErrors({ translate, told: (error) => told.push((error as Error).message) }), does);
    const messages = [];
    for (const id of ['1', '2', '3']) {
      messages.push((await ask(modern('resources/read', { uri: `note://${id}` }))).body.error.message);
    }
    expect(messages).toEqual(['Out of range.', 'As it was.', 'Internal error. Request id: r-1']);
    expect(told).toEqual(['too far', 'hunter2']);
  });
});
