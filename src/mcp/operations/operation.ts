import type { Server, ServerContext } from '@modelcontextprotocol/server';
import type { Call } from '../context.ts';
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
