import type { DeclaredScopes } from './declared-scopes.ts';
import { createPrompt, type PromptHandler, type PromptOptions } from './prompt-item.ts';
import type { Duplicates, Registry } from './registry.ts';
import { type Behind, createFixedResource, createTemplateResource, type ResourceOptions } from './resource-item.ts';
import type { Schema } from './schema.ts';
import { itemLabel, type ServerFacts } from './server-facts.ts';
import { createTool } from './tool-item.ts';
import type { ToolHandler, ToolOptions } from './tool-options.ts';

/** Where the items of a server go, and the scopes that they may need. */
export interface DefineParts {
  readonly registry: Registry;
  readonly scopes: DeclaredScopes;
}

/** The ways to define an item of a server. Each throws TypeError naming an item that cannot work, before anything has changed. */
export interface DefineItems {
  tool<I extends Schema | undefined, O extends Schema | undefined>(
    name: string,
    options: ToolOptions<I, O>,
    handler: ToolHandler<I, O>,
  ): void;
  resource<const T extends string>(uri: T, options: ResourceOptions<T>, behind: Behind<T>): void;
  prompt<I extends Schema | undefined>(name: string, options: PromptOptions<I>, handler: PromptHandler<I>): void;
}

/** Checks what all items have in common, and puts each in its place. */
export function defineItems(
  { name: server, duplicates = 'error', toolRules }: ServerFacts,
  { registry, scopes }: DefineParts,
): DefineItems {
  /** False where an earlier definition is kept. */
  const admits = (label: string, taken: boolean, handler: unknown): boolean => {
    if (typeof handler !== 'function') throw new TypeError(`${label} needs a handler function.`);
    return !taken || replaces(duplicates, label);
  };
  return {
    tool(name, options, handler) {
      const label = itemLabel('Tool', name, server);
      if (!admits(label, registry.taken('tools', name), handler)) return;
      const needed = scopes.use(options?.scopes, label);
      registry.put('tools', name, createTool(name, label, { ...toolRules, ...options }, needed, handler));
    },
    resource(uri, options, behind) {
      const label = `Resource "${uri}" of ${server}`;
      const taken = registry.taken('resources', uri) || registry.taken('templates', uri);
      if (!admits(label, taken, typeof behind === 'object' ? behind.read : behind)) return;
      const needed = scopes.use(options?.scopes, label);
      if (!uri.includes('{')) {
        registry.put('resources', uri, createFixedResource(uri, label, options, needed, behind));
        return;
      }
      const item = createTemplateResource(uri, label, options, needed, behind);
      const twin = registry.twin(item.template.shape)?.template.text;
      if (twin !== undefined && twin !== uri) {
        if (!replaces(duplicates, `${label} (which has the same form as "${twin}")`)) return;
        registry.decide({ resources: [twin] }, 'gone');
      }
      registry.put('templates', uri, item);
    },
    prompt(name, options, handler) {
      const label = itemLabel('Prompt', name, server);
      if (!admits(label, registry.taken('prompts', name), handler)) return;
      const needed = scopes.use(options?.scopes, label);
      registry.put('prompts', name, createPrompt(name, label, options, needed, handler));
    },
  };
}

/** Whether a later definition takes the place of an earlier one. Throws TypeError where neither may. */
function replaces(duplicates: Duplicates, label: string): boolean {
  if (duplicates === 'error') throw new TypeError(`${label} is defined twice.`);
  if (duplicates === 'warn')
    process.emitWarning(`${label} is defined twice: the later one counts.`, 'GatehouseWarning');
  return duplicates !== 'ignore';
}
