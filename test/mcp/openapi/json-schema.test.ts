import { fromJsonSchema } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Direction, schemaWriter } from '../../../src/mcp/openapi/json-schema.ts';
import { referencesOf } from '../../../src/mcp/openapi/references.ts';
import { checkAgainst, type JsonSchema } from '../../../src/mcp/schema.ts';

function translate(schema: unknown, dialect: '3.0' | '3.1' = '3.0', direction: Direction = 'out', schemas = {}) {
  const writer = schemaWriter({ dialect }, referencesOf({ components: { schemas } }), direction);
  return writer.whole(writer.write(schema) as JsonSchema);
}

const accepts = async (schema: JsonSchema, value: unknown) =>
  !('fault' in (await checkAgainst(fromJsonSchema(schema), value)));

describe('schemas of OpenAPI 3.0', () => {
  it.each([
    [{ type: 'string', nullable: true }, { type: ['string', 'null'] }],
    [
      { type: 'string', enum: ['a'], nullable: true },
      { type: ['string', 'null'], enum: ['a', null] },
    ],
    [{ allOf: [{ type: 'object' }], nullable: true }, { anyOf: [{ allOf: [{ type: 'object' }] }, { type: 'null' }] }],
    [
      { type: 'number', minimum: 1, exclusiveMinimum: true },
      { type: 'number', exclusiveMinimum: 1 },
    ],
    [
      { type: 'number', maximum: 1, exclusiveMaximum: false },
      { type: 'number', maximum: 1 },
    ],
    [
      { type: 'string', example: 'x', xml: {}, 'x-mcp-header': 'A' },
      { type: 'string', examples: ['x'] },
    ],
    [{ type: 'string', format: 'made-up', pattern: '[' }, { type: 'string' }],
    [
      { type: 'object', properties: { type: { type: 'string', nullable: true } } },
      { type: 'object', properties: { type: { type: ['string', 'null'] } } },
    ],
  ])('%j become %j', (schema, written) => {
    expect(translate(schema)).toEqual(written);
  });

  it('mean the same afterwards', async () => {
    const leaf = fc.record(
      { type: fc.constantFrom('string', 'integer', 'boolean'), nullable: fc.boolean() },
      { requiredKeys: ['type'] },
    );
    const fits = ({ type, nullable }: { type: string; nullable?: boolean }, value: unknown) =>
      value === null ? nullable === true : type === 'integer' ? Number.isInteger(value) : typeof value === type;
    await fc.assert(
      fc.asyncProperty(
        leaf,
        fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)),
        async (schema, value) => {
          const written = translate({ type: 'object', required: ['a'], properties: { a: schema } });
          expect(await accepts(written, { a: value })).toBe(fits(schema, value));
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('references', () => {
  const schemas = {
    Node: {
      type: 'object',
      properties: { next: { $ref: '#/components/schemas/Node' }, id: { readOnly: true } },
      required: ['id'],
    },
    Other: { $ref: '#/components/schemas/Node' },
  };

  it('stay references, so that what refers to itself has an end', async () => {
    const written = translate({ $ref: '#/components/schemas/Other' }, '3.1', 'in', schemas);
    expect(written).toEqual({
      $ref: '#/$defs/Node',
      $defs: {
        Node: {
          type: 'object',
          properties: { next: { $ref: '#/$defs/Node' }, id: {} },
          required: ['id'],
        },
      },
    });
    expect(await accepts(written, { id: 1, next: { id: 2, next: { id: 3 } } })).toBe(true);
    expect(await accepts(written, { id: 1, next: { id: 2, next: 3 } })).toBe(false);
  });

  it('lead to what is sent: read-only members neither appear nor are required', async () => {
    const written = translate({ $ref: '#/components/schemas/Node' }, '3.1', 'out', schemas);
    expect(await accepts(written, { next: {} })).toBe(true);
  });

  it('may form long chains', () => {
    const chain = Object.fromEntries(
      Array.from({ length: 500 }, (_, index) => [
        `C${index}`,
        { properties: { next: { $ref: `#/components/schemas/C${index + 1}` } } },
      ]),
    );
    const written = translate({ $ref: '#/components/schemas/C0' }, '3.1', 'out', { ...chain, C500: {} });
    expect(Object.keys(written.$defs as object)).toHaveLength(501);
  });

  it('and nesting are bounded', () => {
    let deep: unknown = {};
    for (let level = 0; level < 100; level += 1) deep = { items: deep };
    expect(() => translate(deep)).toThrow('too large or nested too deeply');
    const wide = Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`p${index}`, {}]));
    expect(() => translate({ properties: wide })).toThrow('too large or nested too deeply');
    const circle: Record<string, unknown> = {};
    circle.items = circle;
    expect(() => translate(circle)).toThrow('too large or nested too deeply');
  });

  it('to prototypes lead to nothing', () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(() => translate({ $ref: `#/components/${name}` })).toThrow(/leads to nothing/);
    }
    expect(
      Object.keys(translate(JSON.parse('{"properties":{"__proto__":{"type":"string"}}}')).properties as object),
    ).toEqual(['__proto__']);
  });
});
