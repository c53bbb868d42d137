import type {
  CacheHint,
  CallToolResult,
  GetPromptResult,
  Implementation,
  Prompt,
  ReadResourceResult,
  Resource,
  ResourceTemplateType,
  Tool,
} from '@modelcontextprotocol/server';
import type { Principal } from '../core/principal.ts';
import type { ChangeOutlets } from './change-outlets.ts';
import type { ListName } from './changes.ts';
import type { CallContext } from './context.ts';
import type { MiddlewareStack } from './middleware/stack.ts';
import type { HeaderParameter } from './parameter-headers.ts';
import type { ResourceTarget } from './resource-target.ts';
import type { JsonSchema } from './schema.ts';
import type { SessionRules } from './sessions/session-rules.ts';
import type { UriTemplate } from './uri-template.ts';

export type { ResourceTarget } from './resource-target.ts';

/** Suggests values for one argument that begins with `value`. `others` are the arguments that are already filled in. */
export type Completer = (
  value: string,
  context: CallContext,
  others: Readonly<Record<string, string>>,
) => readonly string[] | Promise<readonly string[]>;

/** What every tool, resource and prompt has. */
interface Item {
  /** Every one of these is needed to see and use the item. */
  readonly scopes: readonly string[];
  /** What filters and policies may choose it by. */
  readonly tags: ReadonlySet<string>;
  /** Named by a server that somebody else wrote. Left out: it is ours. */
  readonly foreign?: true;
}

/** How often one caller may use a tool, through whichever app: so many calls in so many seconds. */
export interface ToolLimit {
  readonly calls: number;
  readonly seconds: number;
}

/** A tool, ready to run. Rejects with whatever went wrong: what of it the caller learns is decided where it is served. */
export interface ToolItem extends Item {
  readonly limit: ToolLimit | undefined;
  readonly listing: Tool;
  readonly outputJson: JsonSchema | undefined;
  readonly headers: readonly HeaderParameter[];
  run(input: unknown, context: CallContext): Promise<CallToolResult>;
}

/** A prompt, ready to be filled in. Rejects like a tool, and with ProtocolError -32602 for arguments that do not fit. */
export interface PromptItem extends Item {
  readonly listing: Prompt;
  readonly completers: ReadonlyMap<string, Completer>;
  fill(input: unknown, context: CallContext): Promise<GetPromptResult>;
}

/** A resource behind a fixed URI or a template. Rejects like a tool, and with ResourceNotFoundError where nothing is there. */
export interface ResourceItem extends Item {
  /** Whether it is told when it changes. */
  readonly subscribe: boolean;
  /**
   * Called when a client of a principal begins to listen to `uri`, where somebody has to be asked for that; its answer when it
   * has ended.
   */
  watch?(uri: string, principal: Principal): () => void;
  /** Whether an answer may be kept; undefined where nothing is said of it. */
  readonly cache: CacheHint | undefined;
  read(target: ResourceTarget, context: CallContext): Promise<ReadResourceResult>;
}

/** One URI. */
export interface FixedResourceItem extends ResourceItem {
  readonly listing: Resource;
}

/** What some URIs of a template need. */
export interface UriRule {
  /** `*` stands for any characters. The first rule that fits a URI in any spelling counts. */
  readonly uris: string;
  /** All that they need; undefined where they are not to be read. */
  readonly scopes: readonly string[] | undefined;
}

/** Many URIs of one form. */
export interface TemplateItem extends ResourceItem {
  /** Where a policy names URIs of it; all others need its own scopes. */
  readonly uriRules?: readonly UriRule[];
  readonly template: UriTemplate;
  readonly listing: ResourceTemplateType;
  readonly completers: ReadonlyMap<string, Completer>;
  /** What one of its URIs needs, undefined where it is not to be there. Left out: all need `scopes`. */
  needs?(uri: string): readonly string[] | undefined;
  /** The resources that exist for this caller; undefined where they cannot be listed. */
  readonly list: ((context: CallContext) => Promise<readonly Resource[]>) | undefined;
}

/**
 * All that one server offers: what an endpoint serves, wherever it comes from. Maps keep the order of definition, and may
 * change while they are served: nobody keeps a copy.
 */
export interface Surface {
  readonly info: Implementation;
  readonly instructions: string | undefined;
  /** `granted` lists what the token allows; `all` also what the caller could step up to. */
  readonly list: 'granted' | 'all';
  /** How many entries a page of a list has; undefined where it has them all. */
  readonly pageSize: number | undefined;
  /** What is said of its lists; undefined where nothing else is said than what they are. */
  readonly cache: Required<CacheHint> | undefined;
  /** Undefined where every message stands for itself. */
  readonly sessions: SessionRules | undefined;
  readonly tools: ReadonlyMap<string, ToolItem>;
  readonly prompts: ReadonlyMap<string, PromptItem>;
  /** By URI. */
  readonly resources: ReadonlyMap<string, FixedResourceItem>;
  /** By the text of the template. */
  readonly templates: ReadonlyMap<string, TemplateItem>;
  /** Another number whenever the maps have changed. What is made of all items is made once for each. */
  revision(): number;
  /** What the names begin with that servers of somebody else may give at any time: with an empty text, any. Left out: there are none. */
  readonly foreignBelow?: readonly string[];
  /** The lists that are told when they change. */
  readonly listChanged: readonly ListName[];
  /** How a handler says that something changed, and who hears it. */
  readonly changes: ChangeOutlets;
  /** What stands around messages and lists where this very surface is served; items have theirs in them. */
  readonly middleware?: MiddlewareStack;
  /** The one item that serves `uri`. */
  find(uri: string): { readonly item: FixedResourceItem | TemplateItem; readonly target: ResourceTarget } | undefined;
}

/** What a resource was defined as: its URI, or its template. */
export const definedAs = (item: FixedResourceItem | TemplateItem): string =>
  'template' in item ? item.template.text : item.listing.uri;
