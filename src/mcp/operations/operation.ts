import type { Server, ServerContext } from '@modelcontextprotocol/server';
import { plainContext } from '../asking.ts';
import type { Call } from '../context.ts';
import { answerOrFail } from '../failure.ts';
import { type OperationFacts, within } from '../middleware/layers.ts';
import type { Outcome } from '../middleware/middleware.ts';
import { pageAt } from '../paging.ts';
import type { RequestStates } from '../request-states.ts';
import type { Surface } from '../surface.ts';

/** What every handler of a server is made of. */
export interface Serving {
  readonly surface: Surface;
  readonly states: RequestStates;
  /** The call that a handler runs for. A server of a single request has one; one of a session, one for each request. */
  callOf(context: ServerContext): Call;
}

/** One method: the capability that it belongs to, and how a server is given its handler. */
export interface Operation {
  readonly capability: 'tools' | 'prompts' | 'resources' | 'completions';
  install(server: Server, serving: Serving): void;
}

/** Operations by method. */
export type Operations = Readonly<Record<string, Operation>>;

/** The item, where the caller may use it. */
export const permitted = <T extends { readonly scopes: readonly string[] }>(
  item: T | undefined,
  call: Call,
): T | undefined => (item !== undefined && call.allows(item.scopes) ? item : undefined);

type ListKind = 'listTools' | 'listPrompts' | 'listResources' | 'listTemplates';

/** Makes the page of a list that was asked for, within the middleware of the surface. */
export async function listWithin<K extends ListKind>(
  kind: K,
  serving: Serving,
  server: Server,
  context: ServerContext,
  params: { readonly cursor?: string | undefined } | undefined,
  listFor: (call: Call, page: ReturnType<typeof pageAt>) => Promise<Outcome<K>>,
): Promise<Outcome<K>> {
  const { surface } = serving;
  const { middleware } = surface;
  const { method } = context.mcpReq;
  const call = serving.callOf(context);
  const list = async () => listFor(call, pageAt(serving, method, params?.cursor, call));
  const layers = middleware?.layers[kind] ?? [];
  if (middleware === undefined || layers.length === 0) return list();
  const listing = plainContext({ server, call, home: surface }, context);
  // Lists of all kinds have these facts.
  const facts = { kind, method, server: middleware.server, name: undefined, item: undefined, context: listing };
  const cursor = params?.cursor;
  const page = cursor === undefined ? {} : { cursor };
  return answerOrFail(`${kind} of ${surface.info.name}`, listing, () =>
    within(layers, facts as OperationFacts<K>, page, list),
  );
}
