import type { CallToolResult, StandardSchemaV1, ToolAnnotations } from '@modelcontextprotocol/server';
import type { CallContext } from './context.ts';
import type { HiddenArguments } from './hidden-arguments.ts';
import type { ItemFacts } from './item-facts.ts';
import type { InputOf, Schema } from './schema.ts';
import type { ToolLimit } from './surface.ts';
import type { InputRules } from './tool-input.ts';

/** What every tool of a server may say for itself, and a server for those that do not. */
export interface ToolRules extends InputRules {
  /** Seconds that a call may take. Then the signal of its context aborts and the caller is told. Default: no end. */
  readonly timeout?: number;
}

/** What a tool is, apart from what it does. */
export interface ToolOptions<I extends Schema | undefined = undefined, O extends Schema | undefined = undefined>
  extends ItemFacts,
    ToolRules {
  /** Tells the model when to use the tool. */
  readonly description: string;
  /** An object schema. Left out: the tool takes no arguments. */
  readonly input?: I;
  /** Every result is held to it. */
  readonly output?: O;
  /** Every scope that a call needs. `[]` lets every authenticated caller use the tool. */
  readonly scopes: readonly string[];
  /**
   * Arguments of `input` that are supplied here, before validation: `{ userId: ({ principal }) => principal.subject }`. Clients
   * do not see them, and a call that sends one is refused.
   */
  readonly hidden?: HiddenArguments<I>;
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
