import {
  createMcpHandler,
  type JSONRPCRequest,
  type McpHttpHandler,
  Server,
  type ServerEvent,
  type ServerOptions,
} from '@modelcontextprotocol/server';
import type { Log } from '../core/log.ts';
import type { Changes, ListName } from './changes.ts';
import type { Route } from './classify.ts';
import type { Call } from './context.ts';
import { readAlong } from './read-along.ts';
import { requestIdOf, rpcError } from './rpc-answer.ts';
import type { Surface } from './surface.ts';
import { listensTo, type Told } from './told.ts';
import { countUnread } from './unread.ts';

/** `subscriptions/listen` (2026-07-28): streams of changes. */
export interface Listen {
  /** Opens one for a caller whose scopes have been decided on. */
  serve(httpRequest: Request, request: JSONRPCRequest, call: Call): Promise<Response>;
  /** Ends all with the protocol's last word. */
  close(): Promise<void>;
}

/** What they are made of. `options` promise the notifications that are there. */
export interface ListenParts {
  readonly surface: Surface;
  options(): ServerOptions;
  readonly changes: Changes;
  readonly log: Log;
}

const MOST_RESOURCES = 1000;

/** Acknowledging, framing and ending are the SDK's; who is told of what is decided here, for each stream by itself. */
export function createListen({ surface, options, changes, log }: ListenParts): Listen {
  const open = new Set<McpHttpHandler>();
  return {
    async serve(httpRequest, request, call) {
      const wanted = request.params?.notifications as Wanted | undefined;
      const uris = urisOf(wanted, surface);
      if (uris.length > MOST_RESOURCES) return tooMany(requestIdOf(request));
      const mayRead = (uri: string) => {
        const found = surface.find(uri);
        return found !== undefined && call.allows(found.item.scopes);
      };
      const told = listensTo({ principal: call.principal, lists: listsOf(wanted), uris, mayRead });
      const unread = countUnread();
      const handler: McpHttpHandler = createMcpHandler(() => new Server(surface.info, options()), {
        legacy: 'reject',
        onerror: (error) => log.warn('mcp_listen_fault', { error }),
        bus: {
          publish: () => undefined,
          subscribe(listener) {
            open.add(handler);
            const watched = uris.filter(mayRead).map((uri) => surface.find(uri)?.item.watch?.(uri, call.principal));
            const stop = changes.subscribe((change) => {
              const events = told(change).map(eventOf);
              for (const event of events) {
                listener(event);
                unread.wrote();
              }
              if (unread.isTooMuch()) void handler.close();
            });
            return () => {
              stop();
              for (const unwatch of watched) unwatch?.();
              open.delete(handler);
            };
          },
        },
      });
      return readAlong(await handler.fetch(httpRequest, { parsedBody: narrowed(request, uris) }), unread);
    },
    async close() {
      await Promise.all([...open].map((handler) => handler.close()));
    },
  };
}

/** Names beyond these are not looked at one by one: a body has room for half a million. */
const MOST_NAMES = 10 * MOST_RESOURCES;

const tooMany = (id: ReturnType<typeof requestIdOf>): Response =>
  rpcError(400, { code: -32602, message: `A stream may be about ${MOST_RESOURCES} resources at most.` }, id);

/** The refusal of a request that is not worth looking at; undefined for any other, of whatever method. */
export function refuseTooMany({ method, params, request }: Pick<Route, 'method' | 'params' | 'request'>) {
  if (method !== 'subscriptions/listen') return undefined;
  const uris = (params.notifications as Wanted | undefined)?.resourceSubscriptions;
  return Array.isArray(uris) && uris.length > MOST_NAMES ? tooMany(requestIdOf(request)) : undefined;
}

/** As it was sent: not checked by anybody yet. */
type Wanted = Readonly<Record<string, unknown>> | null;

/** Those that somebody tells of. */
function urisOf(wanted: Wanted | undefined, { find }: Surface): readonly string[] {
  const uris = wanted?.resourceSubscriptions;
  if (!Array.isArray(uris)) return [];
  return [...new Set(uris)].filter((uri) => typeof uri === 'string' && find(uri)?.item.subscribe === true);
}

/** What a client asks to hear of, as far as it can be read. */
export function wishesOf(method: string, params: Route['params']): Wishes {
  if (method === 'resources/subscribe') return { uris: texts([params.uri]), lists: [] };
  const wanted = params.notifications as Wanted | undefined;
  return { uris: texts(wanted?.resourceSubscriptions), lists: listsOf(wanted) };
}

interface Wishes {
  readonly uris: readonly string[];
  readonly lists: readonly ListName[];
}

const texts = (values: unknown): string[] =>
  Array.isArray(values) ? values.filter((value) => typeof value === 'string') : [];

const FLAGS = { toolsListChanged: 'tools', promptsListChanged: 'prompts', resourcesListChanged: 'resources' } as const;

const listsOf = (wanted: Wanted | undefined): ListName[] =>
  Object.entries(FLAGS).flatMap(([flag, list]) => (wanted?.[flag] === true ? list : []));

/** The same request about the resources that are told of: what is acknowledged is what will come. */
function narrowed(request: JSONRPCRequest, uris: readonly string[]): JSONRPCRequest {
  const { notifications, ...params } = request.params ?? {};
  const { resourceSubscriptions } = (notifications ?? {}) as { readonly resourceSubscriptions?: unknown };
  const sound = Array.isArray(resourceSubscriptions) && resourceSubscriptions.every((uri) => typeof uri === 'string');
  if (!sound) return request;
  return {
    ...request,
    params: { ...params, notifications: { ...(notifications as object), resourceSubscriptions: uris } },
  };
}

const eventOf = (told: Told): ServerEvent =>
  told.kind === 'resource' ? { kind: 'resource_updated', uri: told.uri } : { kind: `${told.list}_list_changed` };
