import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { plainEnough } from '../../src/core/plain-enough.ts';
import { defineServer } from '../../src/mcp/define-server.ts';
import { type KeyedHost, startKeyedHost } from '../support/keyed-host.ts';

/** Objects, lists and members of a value; what follows another in them; the members of its largest object; how deep it goes. */
function measure(value: unknown): { parts: number; followers: number; members: number; depth: number } {
  if (typeof value !== 'object' || value === null) return { parts: 0, followers: 0, members: 0, depth: 0 };
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  const inside = Object.values(value).map(measure);
  return {
    parts: 1 + own + inside.reduce((sum, { parts }) => sum + parts, 0),
    followers: Math.max(0, Object.keys(value).length - 1) + inside.reduce((sum, { followers }) => sum + followers, 0),
    members: Math.max(own, ...inside.map(({ members }) => members)),
    depth: 1 + Math.max(0, ...inside.map(({ depth }) => depth)),
  };
}

const keys = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`key ${index}`, 1])));
const records = (count: number) =>
  JSON.stringify(
    Array.from({ length: count }, (_, id) => ({ id, name: 'a name', tags: ['one', 'two'], more: { a: 1 } })),
  );

describe('how much a JSON text holds', () => {
  it('DS-03 is counted like in the value that it stands for, whatever its texts hold', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '"', '\\', ':', '{', '[', '}', ']', 'é') });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ maxDepth: 4 }, text, fc.integer(), tie('list'), tie('object')),
      list: fc.array(tie('value'), { maxLength: 4 }),
      object: fc.dictionary(text, tie('value'), { maxKeys: 4 }),
    }));
    fc.assert(
      fc.property(value, fc.boolean(), (given, indented) => {
        const json = Buffer.from(JSON.stringify(given, null, indented ? 2 : 0));
        const most = measure(given);
        expect(plainEnough(json, most)).toBe(true);
        for (const name of ['parts', 'followers', 'members', 'depth'] as const) {
          if (most[name] > 0) expect(plainEnough(json, { ...most, [name]: most[name] - 1 })).toBe(false);
        }
      }),
    );
  });
});

describe('a message', () => {
  let host: KeyedHost;
  beforeAll(async () => {
    const server = defineServer({ name: 'a', version: '1.0.0' }).tool(
      'length',
      { description: 'Counts', input: z.looseObject({ text: z.string() }), scopes: [] },
      ({ text }) => String(text.length),
    );
    host = await startKeyedHost((made) => made.mount('/a', server));
  });
  afterAll(() => host.close());

  const call = async (body: string): Promise<{ readonly status: number; readonly text: string }> => {
    const headers = {
      authorization: 'Bearer reader',
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const response = await fetch(`${host.url}/a/mcp`, { method: 'POST', headers, body });
    return { status: response.status, text: await response.text() };
  };
  const asking = (members: string) =>
    `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"length","arguments":{"text":"x",${members}}}}`;

  it('DS-03 is refused for its keys, its values, those inside of values and its depth, before it is parsed', async () => {
    for (const much of [
      keys(250_000),
      keys(10_001),
      records(20_000),
      JSON.stringify(Array(500_002).fill(0)),
      `[${'{},'.repeat(1_300_000)}{}]`,
      `${'['.repeat(100_000)}${']'.repeat(100_000)}`,
    ]) {
      const { status, text } = await call(asking(`"much":${much}`));
      expect(status).toBe(413);
      expect(JSON.parse(text).error).toMatchObject({ code: -32700 });
    }
  });

  it('DS-03 is taken with a text of 4 MB, many numbers, many records, odd numbers and half characters', async () => {
    const long = asking('"y":1').replace('"x"', JSON.stringify('a "quoted" text\\'.repeat(4_000_000 / 19)));
    expect(long.length).toBeGreaterThan(4_000_000);
    expect((await call(long)).text).toContain(`"text":"${16 * Math.floor(4_000_000 / 19)}"`);
    for (const much of [
      keys(9000),
      records(4000),
      JSON.stringify(Array(400_000).fill(0.123)),
      '1e999999',
      '"\\ud800"',
    ]) {
      expect((await call(asking(`"much":${much}`))).text).toContain('"text":"1"');
    }
  });
});
