import type { CallToolResult, StandardSchemaV1, Tool, ToolAnnotations } from '@modelcontextprotocol/server';
import type { CallContext } from './context.ts';
import { headerParameters } from './parameter-headers.ts';
import { checkAgainst, type InputOf, isSchema, type JsonSchema, jsonSchemaOf, type Schema } from './schema.ts';
import type { ToolItem, ToolLimit } from './surface.ts';
import { errorResult, toolResult } from './tool-result.ts';

/** What a tool is, apart from what it does. */
export interface ToolOptions<I extends Schema | undefined = undefined, O extends Schema | undefined = undefined> {
  /** Tells the model when to use the tool. */
  readonly description: string;
  readonly title?: string;
  /** An object schema. Left out: the tool takes no arguments. */
  readonly input?: I;
  /** Every result is held to it. */
  readonly output?: O;
  /** Every scope that a call needs. `[]` lets every authenticated caller use the tool. */
  readonly scopes: readonly string[];
  /** Words that filters and policies may choose it by; clients do not see them. */
  readonly tags?: readonly string[];
  readonly annotations?: ToolAnnotations;
  /** How often one caller may use the tool. Further calls are refused with 429 before anything runs. */
  readonly limit?: ToolLimit;
}

/** What a tool may return: what its output schema accepts, or without one any value that has a JSON form. */
export type ToolReturn<O extends Schema | undefined> = O extends Schema
  ? StandardSchemaV1.InferInput<O> | CallToolResult
  : unknown;

/**
 * Does the work of a tool. Throw a `ToolError` for what the caller should read; anything else that is thrown reaches
 * the log only.
 */
export type ToolHandler<I extends Schema | undefined, O extends Schema | undefined> = (
  input: InputOf<I>,
  context: CallContext,
) => ToolReturn<O> | Promise<ToolReturn<O>>;

const NO_ARGUMENTS: Tool['inputSchema'] = { type: 'object', properties: {}, additionalProperties: false };

/** Makes a tool ready to run: schemas are converted here, once. Throws TypeError naming the tool. */
export function createTool<I extends Schema | undefined, O extends Schema | undefined>(
  name: string,
  label: string,
  options: ToolOptions<I, O>,
  scopes: readonly string[],
  handler: ToolHandler<I, O>,
): ToolItem {
  const { description, title, input, output, annotations, limit, tags } = options;
  if (typeof description !== 'string' || description === '') throw new TypeError(`${label} needs a description.`);
  if (limit !== undefined) checkLimit(limit, label);
  const inputJson = input === undefined ? NO_ARGUMENTS : inputSchema(input, label);
  const outputJson = output === undefined ? undefined : outputSchema(output, label);
  const listing = {
    name,
    ...(title !== undefined && { title }),
    description,
    inputSchema: inputJson,
    ...(outputJson !== undefined && { outputSchema: outputJson }),
    ...(annotations !== undefined && { annotations }),
  } as Tool;
  const handle = handler as (value: unknown, context: CallContext) => unknown;
  return {
    scopes,
    tags: new Set(tags),
    limit,
    listing,
    outputJson,
    headers: headerParameters(inputJson, label),
    run: (value, context) => runTool({ input, output, handle }, value, context),
  };
}

function checkLimit({ calls, seconds }: ToolLimit, label: string): void {
  if ([calls, seconds].every((number) => Number.isSafeInteger(number) && number > 0) && seconds <= 86_400) return;
  throw new TypeError(
    `${label}: limit must be { calls, seconds }, whole numbers from 1, and at most a day of seconds.`,
  );
}

interface RunParts {
  readonly input: Schema | undefined;
  readonly output: Schema | undefined;
  handle(value: unknown, context: CallContext): unknown;
}

async function runTool(parts: RunParts, value: unknown, context: CallContext): Promise<CallToolResult> {
  const input = parts.input === undefined ? { value: {} } : await checkAgainst(parts.input, value);
  if ('fault' in input) return errorResult(`The arguments are not valid: ${input.fault}`);
  return toolResult(await parts.handle(input.value, context), parts.output);
}

function inputSchema(schema: Schema, label: string): JsonSchema {
  if (!isSchema(schema)) throw new TypeError(`${label}: input must be a Standard Schema, such as z.object({ ... }).`);
  const json = { type: 'object', ...jsonSchemaOf(schema, 'input') };
  if (json.type !== 'object') throw new TypeError(`${label}: input must describe an object, not a ${json.type}.`);
  return json;
}

function outputSchema(schema: Schema, label: string): JsonSchema | undefined {
  if (!isSchema(schema)) throw new TypeError(`${label}: output must be a Standard Schema, such as z.object({ ... }).`);
  return jsonSchemaOf(schema, 'output');
}
