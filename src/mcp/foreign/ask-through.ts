import type {
  CreateMessageRequestParamsBase,
  InputRequest,
  InputResponse,
  StandardSchemaWithJSON,
} from '@modelcontextprotocol/server';
import { ToolError } from '../tool-error.ts';
import type { ForeignCall } from './foreign-call.ts';

/** What a server asks of its client while it serves a call, in either protocol era. */
export type Asked = Pick<InputRequest, 'method'> & { readonly params?: unknown };

/**
 * Puts a question of a server to the caller of the call that it belongs to, by the name that the server gave it. Rejects with
 * ToolError where it cannot be put.
 */
export function askThrough(call: ForeignCall, { method, params }: Asked, name?: string): Promise<InputResponse> {
  const { signal } = call;
  switch (method) {
    case 'elicitation/create': {
      const { message, requestedSchema, mode } = params as Elicitation;
      if (mode === 'url') throw new ToolError('Questions by URL are not passed on.');
      const form = { message, schema: asItIs(requestedSchema) };
      return call.ask((context, key) => context.elicit(form, { key, signal }), name);
    }
    case 'sampling/createMessage':
      return call.ask(
        (context, key) => context.sample(params as CreateMessageRequestParamsBase, { key, signal }),
        name,
      );
    case 'roots/list':
      return call.ask(async (context, key) => ({ roots: [...(await context.roots({ key, signal }))] }), name);
    default:
      throw new ToolError(`Questions of the kind ${method} are not passed on.`);
  }
}

interface Elicitation {
  readonly message: string;
  readonly requestedSchema: Record<string, unknown>;
  readonly mode?: string;
}

/** A form whose answer the server that asks judges by itself. */
const asItIs = (json: Record<string, unknown>): StandardSchemaWithJSON<unknown, Record<string, string>> => ({
  '~standard': {
    version: 1,
    vendor: 'foreign',
    validate: (value) => ({ value: value as Record<string, string> }),
    jsonSchema: { input: () => json, output: () => json },
  },
});
