import { type GetPromptResult, type ReadResourceResult, ResourceNotFoundError } from '@modelcontextprotocol/server';
import { InsufficientScope } from '../core/errors.ts';
import type { TellChanges, Whom } from './change-outlets.ts';
import { contextForUsed } from './changed-context.ts';
import type { Behind, CallContext } from './context.ts';
import { notFound } from './not-found.ts';
import type { ResourceTarget } from './resource-target.ts';

/** The server that a handler belongs to, as far as the handler reaches: its surface is one. */
export interface Home {
  readonly changes: TellChanges<Whom>;
  readonly prompts: ReadonlyMap<string, HomePrompt>;
  find(uri: string): { readonly item: HomeResource; readonly target: ResourceTarget } | undefined;
}

interface HomePrompt {
  readonly scopes: readonly string[];
  fill(input: unknown, context: CallContext): Promise<GetPromptResult>;
}

interface HomeResource {
  readonly scopes: readonly string[];
  read(target: ResourceTarget, context: CallContext): Promise<ReadResourceResult>;
}

/**
 * Ways to other items of the same server. The caller needs their scopes too, and the refusal names all that the call has turned out
 * to need, so that one step-up is enough: it says no more than calling the item itself does. What is read runs within its middleware.
 */
export function readingAt(
  { find, prompts }: Home,
  { call, needed }: Pick<Behind, 'call' | 'needed'>,
): Behind['reading'] {
  const need = (scopes: readonly string[]): void => {
    for (const scope of call.outerScopes?.(scopes) ?? scopes) needed.add(scope);
    if (!call.allows(scopes)) throw new InsufficientScope([...needed]);
  };
  return (context) => ({
    async read(uri) {
      const found = find(uri);
      if (found === undefined) throw new ResourceNotFoundError(uri);
      need(found.item.scopes);
      return found.item.read(found.target, contextForUsed(context(), uri));
    },
    async prompt(name, input = {}) {
      const prompt = prompts.get(name);
      if (prompt === undefined) throw notFound('Prompt', name);
      need(prompt.scopes);
      return prompt.fill(input, contextForUsed(context(), name));
    },
  });
}
