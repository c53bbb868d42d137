/** Keywords whose values are data: whatever looks like a reference there is none. */
const DATA = new Set(['const', 'enum', 'default', 'examples']);
/** Keywords whose members are named by the schema's author. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);

/** A schema that stands at `pointer` of a larger document: its references to itself lead to the same places there. */
export const placedAt = (pointer: string, schema: unknown): unknown => place(schema, pointer, false);

function place(value: unknown, pointer: string, named: boolean): unknown {
  if (Array.isArray(value)) return value.map((each) => place(each, pointer, false));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => {
      if (named) return [key, place(each, pointer, false)];
      if (key === '$ref' && typeof each === 'string' && /^#(\/|$)/.test(each)) return [key, pointer + each.slice(1)];
      return [key, DATA.has(key) ? each : place(each, pointer, NAMED.has(key))];
    }),
  );
}
