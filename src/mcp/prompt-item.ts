import {
  type GetPromptResult,
  type Prompt,
  type PromptMessage,
  ProtocolError,
  ProtocolErrorCode,
  type StandardSchemaV1,
} from '@modelcontextprotocol/server';
import type { CallContext } from './context.ts';
import { type ItemFacts, listedFacts } from './item-facts.ts';
import { checkAgainst, type InputOf, isSchema, jsonSchemaOf, type Schema } from './schema.ts';
import type { Completer, PromptItem } from './surface.ts';

type ArgumentOf<I extends Schema | undefined> = I extends Schema ? keyof StandardSchemaV1.InferInput<I> : never;

/** What a prompt is, apart from what it says. */
export interface PromptOptions<I extends Schema | undefined = undefined> extends ItemFacts {
  readonly description: string;
  /** An object schema whose members are texts. Left out: the prompt takes no arguments. */
  readonly input?: I;
  /** Every scope that the prompt needs. `[]` lets every authenticated caller use it. */
  readonly scopes: readonly string[];
  /** Suggestions by argument. */
  readonly complete?: { readonly [A in ArgumentOf<I>]?: Completer };
}

/** What a prompt may return: one text of the user, messages (a text is short for text content), or a complete result. */
export type PromptReturn =
  | string
  | readonly { readonly role: PromptMessage['role']; readonly content: string | PromptMessage['content'] }[]
  | GetPromptResult;

/** Fills in a prompt. A `ToolError` reaches the caller; anything else that is thrown reaches the log only. */
export type PromptHandler<I extends Schema | undefined> = (
  input: InputOf<I>,
  context: CallContext,
) => PromptReturn | Promise<PromptReturn>;

/** Makes a prompt ready to be filled in. Throws TypeError naming the prompt. */
export function createPrompt<I extends Schema | undefined>(
  name: string,
  label: string,
  options: PromptOptions<I>,
  scopes: readonly string[],
  handler: PromptHandler<I>,
): PromptItem {
  const { description, input, tags } = options;
  if (typeof description !== 'string' || description === '') throw new TypeError(`${label} needs a description.`);
  if (input !== undefined && !isSchema(input)) throw new TypeError(`${label}: input must be a Standard Schema.`);
  const handle = handler as (value: unknown, context: CallContext) => PromptReturn | Promise<PromptReturn>;
  const listing: Prompt = {
    name,
    description,
    ...listedFacts(options, label),
    ...(input !== undefined && { arguments: promptArguments(input) }),
  };
  return {
    scopes,
    tags: new Set(tags),
    listing,
    completers: completersOf(options, listing, label),
    fill: async (value, context) => promptResult(await handle(await promptInput(input, value), context), description),
  };
}

/** Throws TypeError for what is no argument, where the schema tells which there are. */
function completersOf(
  { complete = {} }: { readonly complete?: Readonly<Record<string, Completer | undefined>> },
  { arguments: known }: Prompt,
  label: string,
): ReadonlyMap<string, Completer> {
  const strange = Object.keys(complete).find((name) => !known?.some((argument) => argument.name === name));
  if (strange !== undefined && known?.length !== 0)
    throw new TypeError(`${label} has no argument "${strange}" to complete.`);
  return new Map(Object.entries(complete).flatMap(([name, each]) => (each === undefined ? [] : [[name, each]])));
}

function promptArguments(input: Schema): NonNullable<Prompt['arguments']> {
  const { properties = {}, required = [] } = jsonSchemaOf(input, 'input') ?? {};
  return Object.entries(properties as Record<string, { description?: string }>).map(([name, { description }]) => ({
    name,
    ...(description !== undefined && { description }),
    required: (required as readonly string[]).includes(name),
  }));
}

async function promptInput(schema: Schema | undefined, value: unknown): Promise<unknown> {
  if (schema === undefined) return {};
  const outcome = await checkAgainst(schema, value);
  if ('value' in outcome) return outcome.value;
  throw new ProtocolError(ProtocolErrorCode.InvalidParams, `The arguments are not valid: ${outcome.fault}`);
}

function promptResult(value: PromptReturn, description: string): GetPromptResult {
  if (typeof value === 'string') return promptResult([{ role: 'user', content: value }], description);
  if ('messages' in value) return value;
  return { description, messages: value.map(({ role, content }) => ({ role, content: blockOf(content) })) };
}

const blockOf = (content: string | PromptMessage['content']): PromptMessage['content'] =>
  typeof content === 'string' ? { type: 'text', text: content } : content;
