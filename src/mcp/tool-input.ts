import type { Tool } from '@modelcontextprotocol/server';
import { coerceInput } from './coerce-input.ts';
import type { CallContext } from './context.ts';
import { type Suppliers, supplyHidden, withoutHidden } from './hidden-arguments.ts';
import { checkAgainst, isSchema, type JsonSchema, jsonSchemaOf, type Schema } from './schema.ts';

/** How the arguments of a tool are read. */
export interface InputRules {
  /** Refuses arguments that the schema does not name. Left out: what the schema makes of them (zod drops them). */
  readonly strict?: boolean;
  /** Reads texts as the numbers, booleans, objects and arrays that the schema wants. Left out: types are as the schema says. */
  readonly coerce?: boolean;
}

/** The arguments of a tool: what clients are told of them, and the way from what they send to what the handler is given. */
export interface ToolInput {
  readonly json: Tool['inputSchema'];
  /** Throws where what the host supplies does not fit, which is no fault of the caller. */
  read(sent: unknown, context: CallContext): Promise<{ readonly value: unknown } | { readonly fault: string }>;
}

const NO_ARGUMENTS: Tool['inputSchema'] = { type: 'object', properties: {}, additionalProperties: false };

/** Converts the schema, once. Throws TypeError naming the tool. */
export function toolInput(
  schema: Schema | undefined,
  { strict = false, coerce = false }: InputRules,
  hidden: Suppliers,
  label: string,
): ToolInput {
  const full = schema === undefined ? NO_ARGUMENTS : inputSchema(schema, label);
  const shown = withoutHidden(full, hidden, label);
  const json = strict ? closed(shown, label) : shown;
  const known = new Set(Object.keys(json.properties ?? {}));
  const isRefused = (name: string): boolean => Object.hasOwn(hidden, name) || (strict && !known.has(name));
  return {
    json: json as Tool['inputSchema'],
    async read(sent, context) {
      const arguments_ = coerce ? coerceInput(json, sent) : sent;
      if (!isArguments(arguments_)) return { fault: 'They must be an object.' };
      const strange = Object.keys(arguments_).find(isRefused);
      if (strange !== undefined) return { fault: `${strange.slice(0, 128)}: There is no such argument.` };
      if (schema === undefined) return { value: {} };
      const outcome = await checkAgainst(schema, await supplyHidden(arguments_, hidden, context));
      if ('fault' in outcome && outcome.members.some((name) => Object.hasOwn(hidden, name))) {
        throw new TypeError(`What hidden arguments were given does not fit: ${outcome.fault}`);
      }
      return outcome;
    },
  };
}

function inputSchema(schema: Schema, label: string): JsonSchema {
  if (!isSchema(schema)) throw new TypeError(`${label}: input must be a Standard Schema, such as z.object({ ... }).`);
  const json = { type: 'object', ...jsonSchemaOf(schema, 'input') };
  if (json.type !== 'object') throw new TypeError(`${label}: input must describe an object, not a ${json.type}.`);
  return json;
}

/** The schema that takes no other member. */
function closed(json: JsonSchema, label: string): JsonSchema {
  const { properties, additionalProperties = false } = json;
  if (properties !== undefined && additionalProperties === false) return { ...json, additionalProperties };
  throw new TypeError(`${label}: strict is for an input whose JSON Schema names every argument.`);
}

const isArguments = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
