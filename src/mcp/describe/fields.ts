import type { JsonSchema } from '../schema.ts';

/** One argument of an item, or one member of its result. */
export interface DescribedField {
  /** With a dot before each member of a member. */
  readonly name: string;
  /** Such as `string`, `"a" or "b"`, `array of number`. */
  readonly type: string;
  readonly required: boolean;
  readonly description: string;
}

const DEEPEST = 3;

/** The members of an object schema and theirs, in the order in which they are declared. Only what people read: no check. */
export const fieldsOf = (schema: JsonSchema | undefined): readonly DescribedField[] => membersOf(schema, '', 1);

function membersOf(schema: unknown, before: string, depth: number): readonly DescribedField[] {
  if (!isObject(schema) || !isObject(schema.properties) || depth > DEEPEST) return [];
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  return Object.entries(schema.properties).flatMap(([key, member]) => {
    const name = before + key;
    const description = isObject(member) && typeof member.description === 'string' ? member.description : '';
    const field = { name, type: typeOf(member), required: required.has(key), description };
    return [field, ...membersOf(member, `${name}.`, depth + 1)];
  });
}

function typeOf(schema: unknown): string {
  if (!isObject(schema)) return 'any';
  const { type, const: only, enum: values, items, anyOf, oneOf } = schema;
  if (only !== undefined) return JSON.stringify(only);
  if (Array.isArray(values)) return values.map((value) => JSON.stringify(value)).join(' or ');
  const several = [anyOf, oneOf].find(Array.isArray);
  if (several !== undefined) return [...new Set(several.map(typeOf))].join(' or ');
  if (type === 'array') return isObject(items) ? `array of ${typeOf(items)}` : 'array';
  if (Array.isArray(type)) return type.join(' or ');
  return typeof type === 'string' ? type : 'any';
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
