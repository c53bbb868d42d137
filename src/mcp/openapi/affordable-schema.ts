import type { JsonSchema } from '../schema.ts';
import { boundedPattern } from './bounded-pattern.ts';
import { entriesOf, listOf, membersOf } from './members.ts';
import { schemasIn, withInner } from './schema-places.ts';

/**
 * The schema without `uniqueItems`, which `earlyFault` looks at, and without patterns that may take forever. It takes whatever the
 * whole one takes: where something is left out, `oneOf` becomes `anyOf`, and `not`, `if` and their like are left out, too.
 */
export function affordable(schema: JsonSchema): JsonSchema {
  const isWhole = [...schemasIn(schema)].every(isAffordable);
  return isWhole ? schema : lessened(schema);
}

const isAffordable = ({ uniqueItems, pattern, patternProperties }: JsonSchema): boolean =>
  uniqueItems !== true &&
  [...(typeof pattern === 'string' ? [pattern] : []), ...Object.keys(membersOf(patternProperties) ?? {})].every(
    (source) => boundedPattern(source) === source,
  );

function lessened(schema: JsonSchema): JsonSchema {
  const { uniqueItems: _, pattern, oneOf, allOf, patternProperties, ...others } = schema;
  const rest = Object.fromEntries(entriesOf(others).filter(([key]) => !DEPENDENT.has(key)));
  const fast = typeof pattern === 'string' ? boundedPattern(pattern) : undefined;
  const both = [...listOf(allOf), ...(oneOf === undefined ? [] : [{ anyOf: oneOf }])];
  const whole = {
    ...rest,
    ...(fast !== undefined && { pattern: fast }),
    ...(both.length > 0 && { allOf: both }),
    ...named(patternProperties, rest.additionalProperties),
  };
  return withInner(whole, (inner) => (membersOf(inner) === undefined ? inner : lessened(inner as JsonSchema)));
}

/** What might refuse more where other parts refuse less. */
const DEPENDENT = new Set('not if then else maxContains unevaluatedItems unevaluatedProperties'.split(' '));

/** Where the names of some members cannot be looked at, none is known to be another one. */
function named(patternProperties: unknown, additionalProperties: unknown): JsonSchema {
  if (patternProperties === undefined) return {};
  const all = entriesOf(patternProperties);
  const fast = all.filter(([source]) => boundedPattern(source) === source);
  return {
    patternProperties: Object.fromEntries(fast),
    additionalProperties: fast.length === all.length ? (additionalProperties ?? true) : true,
  };
}
