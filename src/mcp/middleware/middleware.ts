import type {
  CallToolResult,
  GetPromptResult,
  ListPromptsResult,
  ListResourcesResult,
  ListResourceTemplatesResult,
  ListToolsResult,
  ReadResourceResult,
  ToolAnnotations,
} from '@modelcontextprotocol/server';
import type { ListName } from '../changes.ts';
import type { CallContext, CallFacts } from '../context.ts';

/** The arguments of a tool or a prompt, as they were sent. */
export type Arguments = Readonly<Record<string, unknown>>;

/** What is known of the item that an operation is about. */
export interface ItemFacts {
  /** The name of a tool or prompt, the URI or the template of a resource. */
  readonly definedAs: string;
  readonly scopes: readonly string[];
  readonly tags: ReadonlySet<string>;
  /** Of a tool: what it says of itself. */
  readonly annotations: ToolAnnotations;
}

/** One kind of operation: about an item or none, what it is given, what comes of it. */
interface Kind<Name, Input, Result, Context = CallContext> {
  readonly name: Name;
  readonly item: Name extends string ? ItemFacts : undefined;
  readonly input: Input;
  readonly result: Result;
  readonly context: Context;
}

/** What a server does for its callers. The name of an item is the one of the server whose middleware it is told to. */
export interface OperationKinds {
  callTool: Kind<string, Arguments, CallToolResult>;
  getPrompt: Kind<string, Arguments, GetPromptResult>;
  /** Named by the URI. */
  readResource: Kind<string, undefined, ReadResourceResult>;
  /** Suggestions for an argument of a prompt or a variable of a template, by whose name or text it is named. */
  complete: Kind<string, CompleteInput, readonly string[]>;
  listTools: Kind<undefined, ListInput, ListToolsResult>;
  listPrompts: Kind<undefined, ListInput, ListPromptsResult>;
  listResources: Kind<undefined, ListInput, ListResourcesResult>;
  listTemplates: Kind<undefined, ListInput, ListResourceTemplatesResult>;
  /** A client that begins to listen: `subscriptions/listen`, and `resources/subscribe` of a session. */
  subscribe: Kind<undefined, SubscribeInput, undefined, CallFacts>;
  /** What the protocol itself asks for: `initialize`, `ping`, `server/discover` and their like. Its answer is out of reach. */
  protocol: Kind<undefined, undefined, undefined, CallFacts>;
}

/** Which page of a list. */
export interface ListInput {
  /** Left out for the first one. */
  readonly cursor?: string;
}

/** What is to be completed, and what is filled in already. */
export interface CompleteInput {
  readonly argument: string;
  readonly value: string;
  readonly others: Readonly<Record<string, string>>;
}

/** What a client wants to hear of. */
export interface SubscribeInput {
  readonly uris: readonly string[];
  readonly lists: readonly ListName[];
}

/** The name of a kind of operation. */
export type OperationKind = keyof OperationKinds;

/** One operation on its way: authorized, and frozen. */
export interface Operation<K extends OperationKind = OperationKind> {
  readonly kind: K;
  /** The method of the protocol, such as `tools/call`. */
  readonly method: string;
  /** The server whose middleware this is told to: name and version. */
  readonly server: { readonly name: string; readonly version: string };
  readonly name: OperationKinds[K]['name'];
  readonly item: OperationKinds[K]['item'];
  /** A frozen copy, made when it is first looked at. */
  readonly input: OperationKinds[K]['input'];
  /** The very one that the handler is given. */
  readonly context: OperationKinds[K]['context'];
}

/** What comes of an operation. */
export type Outcome<K extends OperationKind> = OperationKinds[K]['result'];

/** Goes on. Tools and prompts may be given other arguments; which item runs cannot be changed. */
export type Next<K extends OperationKind> = K extends 'callTool' | 'getPrompt'
  ? (input?: Arguments) => Promise<Outcome<K>>
  : () => Promise<Outcome<K>>;

/** One message as it was received, and frozen. */
export interface Message {
  readonly kind: 'request' | 'notification' | 'response';
  /** Empty for a response. */
  readonly method: string;
  /** A frozen copy, made when it is first looked at. */
  readonly params: Arguments;
  readonly context: CallFacts;
}

/** Stands around messages of one kind. `next` resolves when the answer begins to be sent. */
export type MessageHook = (message: Message, next: () => Promise<void>) => Promise<void>;

/** Stands around operations of one kind. */
type OperationHooks = {
  [K in OperationKind]?: (operation: Operation<K>, next: Next<K>) => Promise<Outcome<K>>;
};

/**
 * What stands around that which a server does, once the gate has let it pass: it may look, change arguments and results, or refuse by
 * throwing ToolError or a GatehouseError. Each part is optional. Of one middleware, `message` runs before `notification` or `request`,
 * and that before the hook of the kind.
 */
export interface Middleware extends OperationHooks {
  /** Whatever is received by an endpoint that serves this very server. */
  message?: MessageHook;
  /** Messages that want no answer. */
  notification?: MessageHook;
  /** Every operation. */
  request?<K extends OperationKind>(operation: Operation<K>, next: () => Promise<Outcome<K>>): Promise<Outcome<K>>;
}

const KINDS: Record<OperationKind, true> = {
  callTool: true,
  getPrompt: true,
  readResource: true,
  complete: true,
  listTools: true,
  listPrompts: true,
  listResources: true,
  listTemplates: true,
  subscribe: true,
  protocol: true,
};

const HOOKS = new Set(['message', 'notification', 'request', ...Object.keys(KINDS)]);

/** Throws TypeError for what is no middleware: without hooks, or with one that does not exist. */
export function checkMiddleware(middleware: unknown, server: string): void {
  const hooks = typeof middleware === 'object' && middleware !== null ? Object.entries(middleware) : [];
  const strange = hooks.find(([name, hook]) => !HOOKS.has(name) || typeof hook !== 'function');
  if (hooks.length > 0 && strange === undefined) return;
  const fault = strange === undefined ? 'has no hook' : `has no hook "${strange[0]}"`;
  throw new TypeError(
    `A middleware of ${server} ${fault}: it is an object of functions called ${[...HOOKS].join(', ')}.`,
  );
}
