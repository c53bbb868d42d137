import { plainEnough } from '../core/plain-enough.ts';
import type { JsonSchema } from './schema.ts';

/**
 * `value` with texts read as what their place in `schema` wants: numbers, booleans, and objects and arrays written as JSON. A
 * place that also takes a text keeps it, and what cannot be read stays as it is, for the schema to refuse. Texts together may hold as
 * much as a message may; where they hold more, `value` stays as it is.
 */
export function coerceInput(schema: unknown, value: unknown): unknown {
  const read = coerced(schema, value);
  return read === value || isPlainEnough(JSON.stringify(read)) ? read : value;
}

function coerced(schema: unknown, value: unknown): unknown {
  if (!isObject(schema)) return value;
  const wanted = typesOf(schema);
  const read = typeof value === 'string' && !wanted.has('string') ? readText(value, wanted) : value;
  if (Array.isArray(read)) return wanted.has('array') ? read.map((item) => coerced(schema.items, item)) : read;
  const { properties } = schema;
  if (!isObject(read) || !isObject(properties)) return read;
  const members = Object.entries(read).map(([key, member]) => [
    key,
    Object.hasOwn(properties, key) ? coerced(properties[key], member) : member,
  ]);
  return Object.fromEntries(members);
}

/** The types that a place takes; `string` where it does not say so, for then a text may be meant. */
function typesOf({ type, anyOf, enum: values, const: fixed, $ref: reference }: JsonSchema): ReadonlySet<string> {
  if (typeof type === 'string') return new Set([type]);
  if (Array.isArray(type)) return new Set(type);
  if (reference === undefined && values === undefined && fixed === undefined && Array.isArray(anyOf)) {
    return new Set(anyOf.flatMap((choice) => (isObject(choice) ? [...typesOf(choice)] : ['string'])));
  }
  return new Set(['string']);
}

const NUMBER = /^-?(?:0|[1-9]\d{0,15})(?:\.\d{1,20})?(?:e[+-]?\d{1,3})?$/i;

function readText(text: string, wanted: ReadonlySet<string>): unknown {
  if ((wanted.has('number') || wanted.has('integer')) && NUMBER.test(text)) return Number(text);
  if (wanted.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if ((wanted.has('object') && text.startsWith('{')) || (wanted.has('array') && text.startsWith('['))) {
    return parsed(text);
  }
  return text;
}

const isPlainEnough = (text: string): boolean => plainEnough(Buffer.from(text));

function parsed(text: string): unknown {
  if (!isPlainEnough(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
