import type { StandardSchemaV1 } from '@modelcontextprotocol/server';
import type { CallContext } from './context.ts';
import type { JsonSchema, Schema } from './schema.ts';

/** Arguments that the host supplies: clients neither see them nor can set them. */
export type HiddenArguments<I extends Schema | undefined> = I extends Schema
  ? {
      readonly [K in keyof StandardSchemaV1.InferInput<I>]?: (
        context: CallContext,
      ) => StandardSchemaV1.InferInput<I>[K] | Promise<StandardSchemaV1.InferInput<I>[K]>;
    }
  : undefined;

/** The same by name, whatever their types. */
export type Suppliers = Readonly<Record<string, (context: CallContext) => unknown>>;

/** Applicators that may speak of members outside `properties`. */
const ELSEWHERE = [
  'allOf',
  'anyOf',
  'oneOf',
  'not',
  'if',
  '$ref',
  'dependentSchemas',
  'dependentRequired',
  'patternProperties',
];

/** The schema of an object as clients are to see it. Throws TypeError where something hidden would show. */
export function withoutHidden(schema: JsonSchema, hidden: Suppliers, label: string): JsonSchema {
  const names = Object.keys(hidden);
  if (names.length === 0) return schema;
  const { properties, required, $defs, ...rest } = schema as {
    properties?: JsonSchema;
    required?: readonly string[];
    $defs?: JsonSchema;
  };
  const missing = names.find((name) => properties === undefined || !Object.hasOwn(properties, name));
  if (missing !== undefined) throw new TypeError(`${label}: input has no argument "${missing}" to hide.`);
  if (ELSEWHERE.some((keyword) => keyword in rest)) {
    throw new TypeError(
      `${label}: arguments of a plain object schema can be hidden, not of a union or an intersection.`,
    );
  }
  const shown = {
    ...rest,
    properties: Object.fromEntries(Object.entries(properties ?? {}).filter(([name]) => !names.includes(name))),
    ...(required && { required: required.filter((name) => !names.includes(name)) }),
  };
  const used = usedDefinitions(shown, $defs ?? {});
  return Object.keys(used).length === 0 ? shown : { ...shown, $defs: used };
}

/** Definitions that are still referred to, directly or by one another. */
function usedDefinitions(schema: JsonSchema, definitions: JsonSchema): JsonSchema {
  const used: Record<string, unknown> = {};
  for (;;) {
    const text = JSON.stringify([schema, used]);
    const more = Object.keys(definitions).filter(
      (name) => !Object.hasOwn(used, name) && text.includes(JSON.stringify(`#/$defs/${name}`)),
    );
    if (more.length === 0) return used;
    for (const name of more) used[name] = definitions[name];
  }
}

/** The arguments with what the host supplies in them. */
export async function supplyHidden(
  input: Readonly<Record<string, unknown>>,
  hidden: Suppliers,
  context: CallContext,
): Promise<Readonly<Record<string, unknown>>> {
  const supplied = Object.entries(hidden).map(async ([name, supply]) => [name, await supply(context)] as const);
  return { ...input, ...Object.fromEntries(await Promise.all(supplied)) };
}
