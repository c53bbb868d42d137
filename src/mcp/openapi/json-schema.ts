import type { JsonSchema } from '../schema.ts';
import type { OpenApiDocument } from './document.ts';
import { type Members, member, membersOf } from './members.ts';
import type { References } from './references.ts';
import { NAMED_SCHEMAS, SCHEMA, SCHEMAS } from './schema-places.ts';
import { modernWords } from './schema-words.ts';
import { Unsupported } from './unsupported.ts';

/** What goes out holds no `readOnly` properties; what comes in, no `writeOnly` ones. */
export type Direction = 'out' | 'in';

/** Bounds of one schema: levels of nesting, and all objects in it together with what it refers to. */
const DEEPEST = 64;
const MOST_NODES = 20_000;

/** Makes JSON Schema 2020-12 of the document's schemas, with `$defs` of its own for what they refer to. */
export interface SchemaWriter {
  /** One schema in its place. Throws Unsupported where a reference leads nowhere, or the whole is too large. */
  write(schema: unknown): JsonSchema | boolean;
  /** The same with what it refers to put in its place, so that its `type` can be seen. */
  writeInPlace(schema: unknown): JsonSchema | boolean;
  /** `schema` as a whole document: with every definition that it refers to. */
  whole(schema: JsonSchema): JsonSchema;
}

/** A writer for one schema document. Definitions that refer to themselves stay references: nothing is unrolled. */
export function schemaWriter(
  { dialect }: Pick<OpenApiDocument, 'dialect'>,
  references: References,
  direction: Direction,
): SchemaWriter {
  const defs = new Map<string, JsonSchema | boolean>();
  const names = new Map<string, string>();
  const waiting: { readonly name: string; readonly value: unknown }[] = [];
  let nodes = 0;
  let depth = 0;

  const write = (schema: unknown): JsonSchema | boolean => {
    if (typeof schema === 'boolean') return schema;
    const members = membersOf(schema);
    if (members === undefined) throw new Unsupported('a schema is neither an object nor a truth value');
    nodes += 1;
    if (nodes > MOST_NODES || depth >= DEEPEST) throw new Unsupported('a schema is too large or nested too deeply');
    depth += 1;
    try {
      return typeof members.$ref === 'string' ? writeReference(members) : writeMembers(members);
    } finally {
      depth -= 1;
    }
  };

  /** In 3.0 whatever stands beside a `$ref` is ignored. */
  const writeReference = ({ $ref, ...beside }: Members): JsonSchema | boolean => {
    const name = define(String($ref));
    const rest = dialect === '3.0' ? {} : writeMembers(beside);
    return { ...rest, $ref: `#/$defs/${name}` };
  };

  const define = (reference: string): string => {
    const { value, pointer = reference } = references.resolve({ $ref: reference });
    const known = names.get(pointer);
    if (known !== undefined) return known;
    const name = freeName(pointer, defs);
    names.set(pointer, name);
    defs.set(name, true);
    waiting.push({ name, value });
    return name;
  };

  /** One definition after another, not one inside another: a chain of them is not nesting. */
  const writeDefinitions = (): void => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) defs.set(next.name, write(next.value));
  };

  const writeMembers = (members: Members): JsonSchema => {
    const written: Record<string, unknown> = {};
    const hidden = direction === 'out' ? 'readOnly' : 'writeOnly';
    const shown = (_: string, property: unknown) => member(references.resolve(property).value, hidden) !== true;
    for (const [key, value] of Object.entries(modernWords(members, dialect))) {
      if (SCHEMA.has(key)) written[key] = write(value);
      else if (SCHEMAS.has(key)) written[key] = Array.isArray(value) ? value.map(write) : [];
      else if (NAMED_SCHEMAS.has(key)) written[key] = writeNamed(value, key === 'properties' ? shown : () => true);
      else if (key !== '$ref') written[key] = value;
    }
    return withoutHidden(written, members.properties);
  };

  const writeNamed = (value: unknown, keep: (name: string, schema: unknown) => boolean) =>
    Object.fromEntries(
      Object.entries(membersOf(value) ?? {})
        .filter(([name, schema]) => keep(name, schema))
        .map(([name, schema]) => [name, write(schema)]),
    );

  return {
    write,
    writeInPlace: (schema) => write(references.resolve(schema).value),
    whole(schema) {
      writeDefinitions();
      return defs.size === 0 ? schema : { ...schema, $defs: Object.fromEntries(defs) };
    },
  };
}

/** What is not sent in this direction cannot be required in it. */
function withoutHidden(written: Record<string, unknown>, declared: unknown): JsonSchema {
  const { required } = written;
  if (!Array.isArray(required)) return written;
  const { properties } = written;
  const kept = required.filter(
    (name) => member(declared, name) === undefined || member(properties, name) !== undefined,
  );
  return { ...written, required: kept };
}

function freeName(pointer: string, taken: ReadonlyMap<string, unknown>): string {
  const last = pointer.slice(pointer.lastIndexOf('/') + 1).replace(/[^A-Za-z0-9._-]/g, '_') || 'schema';
  let name = last;
  for (let count = 2; taken.has(name); count += 1) name = `${last}_${count}`;
  return name;
}
