import type {
  CallToolResult,
  GetPromptResult,
  Prompt,
  ReadResourceResult,
  Resource,
  ResourceTemplateType,
  Tool,
} from '@modelcontextprotocol/server';
import type { CallContext } from '../context.ts';
import { headerParameters, parameterHeaders } from '../parameter-headers.ts';
import type { Completer, FixedResourceItem, PromptItem, TemplateItem, ToolItem } from '../surface.ts';
import { parseUriTemplate } from '../uri-template.ts';
import type { ForeignRequest } from './pass-on.ts';

/** Passes a request on for the caller of `context`, and answers with the server's result. */
export type PassOn = (request: ForeignRequest, context: CallContext) => Promise<unknown>;

/** What all items of a server are made with. */
export interface ItemParts {
  readonly passOn: PassOn;
  /** Whether the server suggests values of arguments. */
  readonly completes: boolean;
  /** Has the server tell of changes of a resource; undefined where it does not. */
  readonly watch: FixedResourceItem['watch'] | undefined;
}

/** What every item has, as the policy and the server say it. */
export interface Common {
  readonly scopes: readonly string[];
  readonly tags: ReadonlySet<string>;
  readonly foreign: true;
}

/** A tool of somebody else's server. Throws TypeError where it declares headers that cannot be. */
export function foreignTool({ execution: _, ...listing }: Tool, common: Common, { passOn }: ItemParts): ToolItem {
  const { name, inputSchema, outputSchema } = listing;
  const headers = headerParameters(inputSchema, `Tool "${name}"`);
  return {
    ...common,
    limit: undefined,
    listing,
    outputJson: outputSchema,
    headers,
    async run(input, context) {
      const params = { name, arguments: input };
      const request = { method: 'tools/call', params, headers: parameterHeaders(headers, input) } as const;
      return (await passOn(request, context)) as CallToolResult;
    },
  };
}

/** A prompt of somebody else's server. */
export function foreignPrompt(listing: Prompt, common: Common, parts: ItemParts): PromptItem {
  const { name, arguments: known = [] } = listing;
  return {
    ...common,
    listing,
    completers: completersOf(
      { type: 'ref/prompt', name },
      known.map((each) => each.name),
      parts,
    ),
    async fill(input, context) {
      const request = { method: 'prompts/get', params: { name, arguments: input } } as const;
      return (await parts.passOn(request, context)) as GetPromptResult;
    },
  };
}

/** A resource behind one URI. */
export const foreignResource = (listing: Resource, common: Common, parts: ItemParts): FixedResourceItem => ({
  ...common,
  ...watching(parts),
  cache: undefined,
  listing,
  read: reader(parts.passOn),
});

/** Resources of one form. What exists among them, the server lists by itself. Throws TypeError for a form that is not supported. */
export function foreignTemplate(listing: ResourceTemplateType, common: Common, parts: ItemParts): TemplateItem {
  const template = parseUriTemplate(listing.uriTemplate);
  return {
    ...common,
    ...watching(parts),
    cache: undefined,
    template,
    listing,
    completers: completersOf({ type: 'ref/resource', uri: template.text }, template.variables, parts),
    list: undefined,
    read: reader(parts.passOn),
  };
}

const watching = ({ watch }: ItemParts): Pick<FixedResourceItem, 'subscribe' | 'watch'> => ({
  subscribe: watch !== undefined,
  ...(watch && { watch }),
});

const reader =
  (passOn: PassOn): FixedResourceItem['read'] =>
  async ({ uri }, context) =>
    (await passOn({ method: 'resources/read', params: { uri } }, context)) as ReadResourceResult;

function completersOf(ref: object, names: readonly string[], { passOn, completes }: ItemParts): Map<string, Completer> {
  const completer =
    (name: string): Completer =>
    async (value, context, others) => {
      const params = { ref, argument: { name, value }, context: { arguments: others } };
      const result = await passOn({ method: 'completion/complete', params }, context);
      return (result as { readonly completion: { readonly values: readonly string[] } }).completion.values;
    };
  return new Map(completes ? names.map((name) => [name, completer(name)]) : []);
}

/** The tags that a listing carries, where its server wrote them down: `_meta.tags`, or `tags` in any one object of `_meta`. */
export function tagsOf({
  _meta: meta = {},
}: {
  readonly _meta?: Readonly<Record<string, unknown>> | undefined;
}): ReadonlySet<string> {
  const places = [meta, ...Object.values(meta)];
  const lists = places.map((place) => (place as { readonly tags?: unknown } | null | undefined)?.tags);
  return new Set(lists.flat().filter((tag) => typeof tag === 'string'));
}
