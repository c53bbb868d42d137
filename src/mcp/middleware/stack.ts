import { type Layer, layersOf } from './layers.ts';
import type { MessageHook, Middleware, Operation, OperationKind } from './middleware.ts';

/** Middleware in order, its hooks sorted once. */
export interface MiddlewareStack {
  readonly all: readonly Middleware[];
  /** What operations are told of their server: one object for each surface that is served. */
  readonly server: Operation['server'];
  /** From the outermost to the innermost. */
  readonly layers: { readonly [K in OperationKind]: readonly Layer<K>[] };
  readonly message: readonly MessageHook[];
  readonly notification: readonly MessageHook[];
}

/** Sorts the hooks of `all`, of which the first is the outermost. */
export const middlewareStack = (all: readonly Middleware[], server: Operation['server']): MiddlewareStack => ({
  all,
  server,
  layers: {
    callTool: layersOf(all, 'callTool'),
    getPrompt: layersOf(all, 'getPrompt'),
    readResource: layersOf(all, 'readResource'),
    complete: layersOf(all, 'complete'),
    listTools: layersOf(all, 'listTools'),
    listPrompts: layersOf(all, 'listPrompts'),
    listResources: layersOf(all, 'listResources'),
    listTemplates: layersOf(all, 'listTemplates'),
    subscribe: layersOf(all, 'subscribe'),
    protocol: layersOf(all, 'protocol'),
  },
  message: all.flatMap((each) => each.message?.bind(each) ?? []),
  notification: all.flatMap((each) => each.notification?.bind(each) ?? []),
});
