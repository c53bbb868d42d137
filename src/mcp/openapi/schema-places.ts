import { entriesOf, listOf, type Members, membersOf } from './members.ts';

const ONE = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains', 'propertyNames'];
const ONE_MORE = ['unevaluatedItems', 'unevaluatedProperties', 'contentSchema'];

/** Keywords whose value is a schema. */
export const SCHEMA: ReadonlySet<string> = new Set([...ONE, ...ONE_MORE]);
/** Keywords whose value is a list of schemas. */
export const SCHEMAS: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);
/** Keywords whose value is an object of schemas. */
export const NAMED_SCHEMAS: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'dependentSchemas']);

/** A schema and all that are written inside of it; references are not followed. */
export function* schemasIn(schema: unknown): Generator<Members> {
  const members = membersOf(schema);
  if (members === undefined) return;
  yield members;
  for (const [key, value] of entriesOf(members)) {
    if (SCHEMA.has(key)) yield* schemasIn(value);
    else if (SCHEMAS.has(key)) for (const each of listOf(value)) yield* schemasIn(each);
    else if (NAMED_SCHEMAS.has(key) || key === '$defs') for (const [, each] of entriesOf(value)) yield* schemasIn(each);
  }
}

/** A copy of a schema with `change` applied to each one that is written directly inside of it. */
export const withInner = (schema: Members, change: (inner: unknown) => unknown): Members =>
  Object.fromEntries(
    entriesOf(schema).map(([key, value]) => {
      if (SCHEMA.has(key)) return [key, change(value)];
      if (SCHEMAS.has(key)) return [key, listOf(value).map(change)];
      if (!NAMED_SCHEMAS.has(key) && key !== '$defs') return [key, value];
      return [key, Object.fromEntries(entriesOf(value).map(([name, each]) => [name, change(each)]))];
    }),
  );
