import {
  definedAs,
  type FixedResourceItem,
  type PromptItem,
  type ResourceItem,
  type TemplateItem,
  type ToolItem,
} from '../surface.ts';
import { within } from './layers.ts';
import type { Arguments, ItemFacts } from './middleware.ts';
import type { MiddlewareStack } from './stack.ts';

/** Items that run within middleware, whoever runs them. One that no hook is about stays as it is. */
export interface WrappedItems {
  tool(item: ToolItem): ToolItem;
  prompt(item: PromptItem): PromptItem;
  resource(item: FixedResourceItem): FixedResourceItem;
  template(item: TemplateItem): TemplateItem;
}

/** For the items of one server. */
export function wrappedItems(stack: MiddlewareStack): WrappedItems {
  const { server } = stack;
  return {
    tool(item) {
      const layers = stack.layers.callTool;
      if (layers.length === 0) return item;
      const { listing } = item;
      const facts = { kind: 'callTool', method: 'tools/call', server, name: listing.name } as const;
      const about = aboutItem(item, listing.name, listing.annotations);
      return {
        ...item,
        run: (input, context) =>
          within(layers, { ...facts, item: about, context }, input as Arguments, (given) => item.run(given, context)),
      };
    },
    prompt(item) {
      const layers = stack.layers.getPrompt;
      const { listing } = item;
      const facts = { kind: 'getPrompt', method: 'prompts/get', server, name: listing.name } as const;
      const about = aboutItem(item, listing.name);
      const completing = { ...item, completers: completersWithin(item.completers, about, stack) };
      if (layers.length === 0) return completing;
      return {
        ...completing,
        fill: (input, context) =>
          within(layers, { ...facts, item: about, context }, input as Arguments, (given) => item.fill(given, context)),
      };
    },
    resource: (item) => ({ ...item, read: readerWithin(item, aboutItem(item, definedAs(item)), stack) }),
    template(item) {
      const about = aboutItem(item, definedAs(item));
      const completers = completersWithin(item.completers, about, stack);
      return { ...item, completers, read: readerWithin(item, about, stack) };
    },
  };
}

type Named = Pick<ToolItem, 'scopes' | 'tags'>;

const aboutItem = ({ scopes, tags }: Named, name: string, annotations: ItemFacts['annotations'] = {}): ItemFacts =>
  Object.freeze({
    definedAs: name,
    scopes: Object.freeze([...scopes]),
    tags: new Set(tags),
    annotations: Object.freeze({ ...annotations }),
  });

function readerWithin(item: ResourceItem, about: ItemFacts, stack: MiddlewareStack): ResourceItem['read'] {
  const layers = stack.layers.readResource;
  if (layers.length === 0) return item.read;
  const facts = { kind: 'readResource', method: 'resources/read', server: stack.server, item: about } as const;
  return (target, context) =>
    within(layers, { ...facts, name: target.uri, context }, undefined, () => item.read(target, context));
}

function completersWithin(
  completers: PromptItem['completers'],
  about: ItemFacts,
  stack: MiddlewareStack,
): PromptItem['completers'] {
  const layers = stack.layers.complete;
  if (layers.length === 0 || completers.size === 0) return completers;
  const facts = {
    kind: 'complete',
    method: 'completion/complete',
    server: stack.server,
    name: about.definedAs,
    item: about,
  } as const;
  return new Map(
    [...completers].map(([argument, complete]) => [
      argument,
      (value, context, others) =>
        within(layers, { ...facts, context }, { argument, value, others }, async () =>
          complete(value, context, others),
        ),
    ]),
  );
}
