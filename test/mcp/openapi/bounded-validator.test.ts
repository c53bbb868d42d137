import { fromJsonSchema } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundedPattern } from '../../../src/mcp/openapi/bounded-pattern.ts';
import { boundedValidator } from '../../../src/mcp/openapi/bounded-validator.ts';
import { checkAgainst, type JsonSchema } from '../../../src/mcp/schema.ts';

const faultOf = async (schema: JsonSchema, value: unknown, validator = boundedValidator()) => {
  const outcome = await checkAgainst(fromJsonSchema(schema, validator), value);
  return 'fault' in outcome ? outcome.fault : undefined;
};

const cpu = () => process.cpuUsage().user / 1000;

/** Milliseconds of work, and what was said. */
const timed = async (schema: JsonSchema, value: unknown) => {
  const begun = cpu();
  const fault = await faultOf(schema, value);
  return { fault, milliseconds: cpu() - begun };
};

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);
/** Unbounded, each of these takes longer by far. */
const SOON = 2000;

const branch = (op: string) => ({
  type: 'object',
  properties: { of: { $ref: '#/$defs/Filter' }, op: { const: op } },
  required: ['op', 'of'],
});
const filter = {
  $ref: '#/$defs/Filter',
  $defs: {
    Filter: { oneOf: [{ $ref: '#/$defs/And' }, { $ref: '#/$defs/Or' }, { $ref: '#/$defs/Leaf' }] },
    And: branch('and'),
    Or: branch('or'),
    Leaf: { type: 'object', properties: { field: { type: 'string', maxLength: 5_000_000 } }, required: ['field'] },
  },
};
const nested = (levels: number, field = 'x'): unknown =>
  levels === 0 ? { field } : { op: 'and', of: nested(levels - 1, field) };

describe('checking a value', () => {
  it('DS-03 ends soon for a list whose items differ, and looks at its length first', async () => {
    const list = { type: 'array', uniqueItems: true, items: { type: 'integer' } };
    const all = await timed(list, numbers(40_000));
    expect(all.fault).toBeUndefined();
    expect(all.milliseconds).toBeLessThan(SOON);
    expect(await faultOf({ ...list, maxItems: 10 }, numbers(400_000))).toBe('#: More than 10 items.');
    expect(await faultOf(list, [...numbers(40_000), 7])).toBe('#: An item is there twice.');
    expect(
      await faultOf({ uniqueItems: true }, [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ]),
    ).toContain('twice');
    expect(await faultOf({ uniqueItems: true }, [1, '1', [1], ['1'], { a: 1 }, null, 'null'])).toBeUndefined();
  });

  it('DS-03 ends soon for alternatives that lead to themselves, and for long texts within', async () => {
    expect(await faultOf(filter, nested(8))).toBeUndefined();
    for (const value of [nested(24), nested(14, 'x'.repeat(3_000_000))]) {
      const { fault, milliseconds } = await timed(filter, value);
      expect(fault).toBe('Too large to be checked.');
      expect(milliseconds).toBeLessThan(SOON);
    }
  });

  it('DS-03 ends soon for what is nested too deeply', async () => {
    let deep: unknown = {};
    for (let level = 0; level < 900; level += 1) deep = { of: deep };
    const schema = { $ref: '#/$defs/Node', $defs: { Node: { properties: { of: { $ref: '#/$defs/Node' } } } } };
    expect(await faultOf(schema, deep)).toContain('Nested too deeply');
    expect(await faultOf({ type: 'object' }, deep)).toBeUndefined();
    let less: unknown = {};
    for (let level = 0; level < 60; level += 1) less = { of: less };
    expect(await faultOf(schema, less)).toBeUndefined();
    expect(await faultOf({ $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/A' } } }, 1)).toContain('Nested too deeply');
  });

  it('DS-03 ends when its time is over, and never before', async () => {
    let now = 0;
    const validator = boundedValidator({ steps: 10_000, milliseconds: 50 }, () => now++);
    const list = { items: { type: 'integer' } };
    expect(await faultOf(list, numbers(100), validator)).toBeUndefined();
    expect(await faultOf(list, numbers(1000), validator)).toBe('Too large to be checked.');
  });

  it('DS-03 leaves out patterns that may take forever, and texts too long for others', async () => {
    const text = (pattern: string) => ({ type: 'string', pattern });
    expect((await timed(text('^([a-z0-9]+[-_.]?)+$'), `${'a'.repeat(40)}!`)).milliseconds).toBeLessThan(SOON);
    expect((await timed(text('\\s+$'), `${' '.repeat(1_000_000)}x`)).milliseconds).toBeLessThan(SOON);
    const named = { patternProperties: { '^(a+)+$': { type: 'string' } }, additionalProperties: false };
    expect((await timed(named, { [`${'a'.repeat(40)}!`]: 1 })).milliseconds).toBeLessThan(SOON);
    expect(await faultOf(text('^[a-z]+$'), 'abc')).toBeUndefined();
    expect(await faultOf(text('^[a-z]+$'), 'abc!')).toContain('does not match pattern');
    expect(await faultOf(text('[a-z]+-[0-9]+$'), 'abc-1x')).toContain('does not match pattern');
    expect(await faultOf({ ...named, patternProperties: { '^a': { type: 'string' } } }, { a: 1 })).toBeDefined();
    expect(await faultOf({ ...named, patternProperties: { '^a': {} } }, { b: 1 })).toBeDefined();
  });

  const value = fc.jsonValue({ maxDepth: 3 });
  const small = fc.constantFrom<JsonSchema>(
    { type: 'string', maxLength: 3 },
    { type: 'array', maxItems: 2, uniqueItems: true },
    { type: 'object', maxProperties: 1, patternProperties: { '^a': { type: 'null' } } },
    { type: 'string', pattern: 'a+b*' },
    { prefixItems: [{ type: 'string' }], items: { type: 'number' } },
    {},
  );
  const isTaken = async (schema: JsonSchema, each: unknown) =>
    !('fault' in (await checkAgainst(fromJsonSchema(schema), each)));

  it('comes to the same as without bounds', async () => {
    const schema = fc.oneof(
      small,
      fc
        .tuple(small, small)
        .map(([a, b]): JsonSchema => ({ items: a, additionalProperties: b, allOf: [{ minItems: 1 }] })),
      small.map((a): JsonSchema => ({ $ref: '#/$defs/A', $defs: { A: { items: a, properties: { a } } } })),
    );
    await fc.assert(
      fc.asyncProperty(schema, value, async (given, each) => {
        expect((await faultOf(given, each)) === undefined).toBe(await isTaken(given, each));
      }),
    );
  });

  it('never refuses what the document allows', async () => {
    const pair = fc.tuple(small, fc.oneof(small, fc.constant({ pattern: '^(a+)+$' })));
    const schema = pair.chain(([a, b]) =>
      fc.constantFrom<JsonSchema>(
        { oneOf: [a, b] },
        { anyOf: [a, { not: b }] },
        JSON.parse(JSON.stringify({ if: b, otherwise: a }).replace('otherwise', 'then')),
        { patternProperties: { '^(b+)+$': a }, additionalProperties: b },
        { patternProperties: { '^.?$': {} }, additionalProperties: a },
        { items: { oneOf: [b, { not: a }] }, unevaluatedProperties: false },
      ),
    );
    await fc.assert(
      fc.asyncProperty(schema, value, async (given, each) => {
        if (await isTaken(given, each)) expect(await faultOf(given, each)).toBeUndefined();
      }),
    );
  });
});

describe('a pattern', () => {
  it.each([
    '(a+)+',
    '(a|b)*',
    '(a?){20}',
    '(?:x[ab]*y)+',
    '(?<n>a*)+',
    '((a)|b){2,}',
    '(a)\\1',
    `^${'a{1,9}'.repeat(12)}$`,
    '(?<n>a)\\k<n>',
  ])('is not looked at where it may take forever: %s', (source) => {
    expect(boundedPattern(source)).toBeUndefined();
  });

  it.each([
    '^[a-z+*(|)]+$',
    '^(abc)+$',
    '^\\(+$',
    '^(\\d{3}){4}$',
    '^\\p{L}+$',
    '^[^\\]]*$',
    'abc',
    '^a{2,5}?b$',
    '^-?\\d+$',
    '^\\d{1,3}(?:\\.\\d{1,3})$',
    '^(?:a|b)c$',
  ])('stays as it is where it is fast: %s', (source) => {
    expect(boundedPattern(source)).toBe(source);
  });

  it('lets texts pass that it would take long for', () => {
    const bounded = new RegExp(boundedPattern('^[^@]+@[^@]+\\.[^@]+$') ?? '', 'u');
    expect(bounded.test('a@b.c')).toBe(true);
    expect(bounded.test('a@b')).toBe(false);
    expect(bounded.test('a'.repeat(10_000))).toBe(true);
  });
});
