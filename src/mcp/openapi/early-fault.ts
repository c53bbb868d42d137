import type { JsonSchema } from '../schema.ts';
import { entriesOf, listOf, member, membersOf } from './members.ts';

/** A value may be nested this deeply where its schema says what is inside; as many schemas may lead to each other at one place. */
const DEEPEST = 64;

/**
 * What is wrong with the sizes in `value`, looked at before anything else is: lengths of lists and texts, and values that a list has
 * twice, which takes one look at each. Not within alternatives, conditions and `not`. `step` is called for each value and schema.
 */
export function earlyFault(root: JsonSchema, value: unknown, step: () => void): string | undefined {
  const look = (schema: unknown, at: unknown, place: string, depth: number, hops = 0): string | undefined => {
    step();
    const members = membersOf(schema);
    if (members === undefined) return undefined;
    if (depth > DEEPEST || hops > DEEPEST) return `${place}: Nested too deeply.`;
    const here = (each: unknown) => look(each, at, place, depth, hops + 1);
    const inside = (each: unknown, name: string) =>
      look(each, member(at, name), `${place}/${name.slice(0, 128)}`, depth + 1);
    return (
      sizeFault(members, at, place) ??
      firstFault(insideOf(members, at), ([name, each]) => inside(each, name)) ??
      firstFault([...listOf(members.allOf), ...referred(root, members.$ref)], here)
    );
  };
  return look(root, value, '#', 0);
}

function firstFault<T>(all: Iterable<T>, look: (each: T) => string | undefined): string | undefined {
  for (const each of all) {
    const fault = look(each);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function sizeFault(schema: JsonSchema, value: unknown, place: string): string | undefined {
  const { maxItems, maxLength, maxProperties, uniqueItems } = schema;
  if (Array.isArray(value)) {
    if (value.length > Number(maxItems ?? Number.POSITIVE_INFINITY)) return `${place}: More than ${maxItems} items.`;
    if (uniqueItems === true && hasTwice(value)) return `${place}: An item is there twice.`;
  }
  if (typeof value === 'string' && value.length > 2 * Number(maxLength ?? Number.POSITIVE_INFINITY)) {
    return `${place}: Longer than ${maxLength} characters.`;
  }
  const count = Object.keys(membersOf(value) ?? {}).length;
  return count > Number(maxProperties ?? Number.POSITIVE_INFINITY)
    ? `${place}: More than ${maxProperties} members.`
    : undefined;
}

/** The schemas of what is in a list or an object, by index or name; none for names that a pattern might fit. */
function* insideOf({ prefixItems, items, properties, patternProperties, ...more }: JsonSchema, value: unknown) {
  if (Array.isArray(value)) {
    const first = listOf(prefixItems);
    if (first.length === 0 && membersOf(items) === undefined) return;
    for (const index of value.keys()) yield [String(index), first[index] ?? items] as const;
    return;
  }
  const others = patternProperties === undefined ? more.additionalProperties : undefined;
  for (const [name] of entriesOf(value)) yield [name, member(properties, name) ?? others] as const;
}

const referred = (root: JsonSchema, reference: unknown): readonly unknown[] =>
  typeof reference === 'string' ? [member(root.$defs, reference.replace('#/$defs/', ''))] : [];

const hasTwice = (list: readonly unknown[]): boolean => new Set(list.map(canonical)).size < list.length;

/** One text for equal values, whatever the order of their members. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    membersOf(each) === undefined ? each : Object.fromEntries(entriesOf(each).sort(([a], [b]) => (a < b ? -1 : 1))),
  );
