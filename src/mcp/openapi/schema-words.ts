import type { OpenApiDocument } from './document.ts';
import type { Members } from './members.ts';

/** The keywords of JSON Schema 2020-12 that are taken over; whatever else a document says is left out. */
const KEPT = new Set(
  (
    '$ref type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern ' +
    'maxItems minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired ' +
    'format contentEncoding contentMediaType title description default examples deprecated ' +
    'items additionalProperties not if then else contains propertyNames unevaluatedItems unevaluatedProperties ' +
    'contentSchema allOf anyOf oneOf prefixItems properties patternProperties dependentSchemas'
  ).split(' '),
);

/** Those that validators know, here or at a client. Others are words of the document alone. */
const FORMATS = new Set(
  (
    'date time date-time duration uri uri-reference email hostname ipv4 ipv6 uuid byte int32 int64 float double ' +
    'password binary'
  ).split(' '),
);

/** The members of one schema in the words of 2020-12. Patterns that are none, and formats that nobody checks, are left out. */
export function modernWords(members: Members, dialect: OpenApiDocument['dialect']): Members {
  const translated = dialect === '3.0' ? fromDialect30(members) : members;
  const { example } = members;
  const words = Object.entries(translated).filter(([key, value]) => KEPT.has(key) && fits(key, value));
  return Object.fromEntries(
    example === undefined || translated.examples !== undefined ? words : [...words, ['examples', [example]]],
  );
}

function fits(key: string, value: unknown): boolean {
  if (key === 'format') return FORMATS.has(String(value));
  if (key === 'examples') return Array.isArray(value);
  if (key !== 'pattern') return true;
  try {
    return new RegExp(String(value), 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** OpenAPI 3.0.4 §4.7.24: `nullable`, and the truth values that made a bound exclusive. */
function fromDialect30({ nullable, ...members }: Members): Members {
  const bounded = bound(bound(members, 'minimum', 'exclusiveMinimum'), 'maximum', 'exclusiveMaximum');
  return nullable === true ? orNull(bounded) : bounded;
}

function bound(members: Members, limit: string, exclusive: string): Members {
  const { [limit]: value, [exclusive]: excluded, ...others } = members;
  if (typeof excluded === 'number') return members;
  if (value === undefined) return others;
  return { ...others, [excluded === true ? exclusive : limit]: value };
}

function orNull(members: Members): Members {
  const { type, enum: values } = members;
  if (typeof type === 'string') {
    const withNull = Array.isArray(values) && !values.includes(null) ? { enum: [...values, null] } : {};
    return { ...members, ...withNull, type: [type, 'null'] };
  }
  const { title, description, ...rest } = members;
  return {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    anyOf: [rest, { type: 'null' }],
  };
}
