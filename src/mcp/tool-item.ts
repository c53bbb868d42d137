import type { Tool } from '@modelcontextprotocol/server';
import type { CallContext } from './context.ts';
import type { Suppliers } from './hidden-arguments.ts';
import { listedFacts } from './item-facts.ts';
import { headerParameters } from './parameter-headers.ts';
import { isSchema, type JsonSchema, jsonSchemaOf, type Schema } from './schema.ts';
import type { ToolItem, ToolLimit } from './surface.ts';
import { toolInput } from './tool-input.ts';
import type { ToolHandler, ToolOptions } from './tool-options.ts';
import { errorResult, toolResult } from './tool-result.ts';
import { checkTimeout, withinTime } from './within-time.ts';

/** Makes a tool ready to run: schemas are converted here, once. Throws TypeError naming the tool. */
export function createTool<I extends Schema | undefined, O extends Schema | undefined>(
  name: string,
  label: string,
  options: ToolOptions<I, O>,
  scopes: readonly string[],
  handler: ToolHandler<I, O>,
): ToolItem {
  const { description, output, annotations, limit, tags, timeout } = options;
  if (typeof description !== 'string' || description === '') throw new TypeError(`${label} needs a description.`);
  if (limit !== undefined) checkLimit(limit, label);
  checkTimeout(timeout, label);
  const input = toolInput(options.input, options, (options.hidden ?? {}) as Suppliers, label);
  const outputJson = output === undefined ? undefined : outputSchema(output, label);
  const listing: Tool = {
    name,
    description,
    inputSchema: input.json,
    ...(outputJson !== undefined && { outputSchema: outputJson as Tool['outputSchema'] }),
    ...(annotations !== undefined && { annotations }),
    ...listedFacts(options, label),
  };
  const handle = handler as (value: unknown, context: CallContext) => unknown;
  return {
    scopes,
    tags: new Set(tags),
    limit,
    listing,
    outputJson,
    headers: headerParameters(input.json, label),
    run: (sent, context) =>
      withinTime(timeout, label, context, async (bounded) => {
        const read = await input.read(sent, bounded);
        if ('fault' in read) return errorResult(`The arguments are not valid: ${read.fault}`);
        return toolResult(await handle(read.value, bounded), output);
      }),
  };
}

function checkLimit({ calls, seconds }: ToolLimit, label: string): void {
  if ([calls, seconds].every((number) => Number.isSafeInteger(number) && number > 0) && seconds <= 86_400) return;
  throw new TypeError(
    `${label}: limit must be { calls, seconds }, whole numbers from 1, and at most a day of seconds.`,
  );
}

function outputSchema(schema: Schema, label: string): JsonSchema | undefined {
  if (!isSchema(schema)) throw new TypeError(`${label}: output must be a Standard Schema, such as z.object({ ... }).`);
  return jsonSchemaOf(schema, 'output');
}
