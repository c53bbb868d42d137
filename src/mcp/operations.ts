import {
  type CompleteRequestParams,
  type CompleteResult,
  ResourceNotFoundError,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { type Call, type CallContext, createContext } from './context.ts';
import { answerOrFail, notFound } from './failure.ts';
import { listResources, refuseCursor, visible } from './lists.ts';
import type { Completer, Surface } from './surface.ts';

/** Which call a handler runs for. A server of a single request has one; one of a session, one for each request. */
type CallOf = (context: ServerContext) => Call;

/** One method: the capability that it belongs to, and how a server is given its handler. */
interface Operation {
  readonly capability: 'tools' | 'prompts' | 'resources' | 'completions';
  install(server: Server, surface: Surface, callOf: CallOf): void;
}

/** Gives `server` the handler of a method, where it has one and promises it. */
export function installOperation(server: Server, method: string, surface: Surface, callOf: CallOf): void {
  const operation = OPERATIONS.get(method);
  if (operation !== undefined && server.getCapabilities()[operation.capability])
    operation.install(server, surface, callOf);
}

/**
 * What this server answers, method by method; the handshake, `ping` and `server/discover` are the SDK's. An item that
 * the caller may not use is answered like one that does not exist: the challenge for it was given before this runs.
 */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    'tools/list',
    {
      capability: 'tools',
      install: (server, surface, callOf) =>
        server.setRequestHandler('tools/list', async ({ params }, context) => {
          refuseCursor(params?.cursor);
          return { tools: await visible(surface, callOf(context), surface.tools) };
        }),
    },
  ],
  [
    'tools/call',
    {
      capability: 'tools',
      install: (server, surface, callOf) =>
        server.setRequestHandler('tools/call', async ({ params }, context) => {
          const call = callOf(context);
          const tool = permitted(surface.tools.get(params.name), call);
          if (tool === undefined) throw notFound('Tool', params.name);
          const result = await tool.run(params.arguments ?? {}, createContext(call, server, context, surface.changes));
          return server.projectCallToolResult(result, tool.outputJson);
        }),
    },
  ],
  [
    'prompts/list',
    {
      capability: 'prompts',
      install: (server, surface, callOf) =>
        server.setRequestHandler('prompts/list', async ({ params }, context) => {
          refuseCursor(params?.cursor);
          return { prompts: await visible(surface, callOf(context), surface.prompts) };
        }),
    },
  ],
  [
    'prompts/get',
    {
      capability: 'prompts',
      install: (server, surface, callOf) =>
        server.setRequestHandler('prompts/get', ({ params }, context) => {
          const call = callOf(context);
          const prompt = permitted(surface.prompts.get(params.name), call);
          if (prompt === undefined) throw notFound('Prompt', params.name);
          return prompt.fill(params.arguments ?? {}, createContext(call, server, context, surface.changes));
        }),
    },
  ],
  [
    'resources/list',
    {
      capability: 'resources',
      install: (server, surface, callOf) =>
        server.setRequestHandler('resources/list', async ({ params }, context) => {
          refuseCursor(params?.cursor);
          const call = callOf(context);
          return {
            resources: await listResources(surface, call, createContext(call, server, context, surface.changes)),
          };
        }),
    },
  ],
  [
    'resources/templates/list',
    {
      capability: 'resources',
      install: (server, surface, callOf) =>
        server.setRequestHandler('resources/templates/list', async ({ params }, context) => {
          refuseCursor(params?.cursor);
          return { resourceTemplates: await visible(surface, callOf(context), surface.templates) };
        }),
    },
  ],
  [
    'resources/read',
    {
      capability: 'resources',
      install: (server, surface, callOf) =>
        server.setRequestHandler('resources/read', ({ params }, context) => {
          const call = callOf(context);
          const found = surface.find(params.uri);
          if (found === undefined || !call.allows(found.item.scopes)) throw new ResourceNotFoundError(params.uri);
          return found.item.read(found.target, createContext(call, server, context, surface.changes));
        }),
    },
  ],
  [
    'completion/complete',
    {
      capability: 'completions',
      install: (server, surface, callOf) =>
        server.setRequestHandler('completion/complete', ({ params }, context) => {
          const call = callOf(context);
          return complete(surface, call, params, createContext(call, server, context, surface.changes));
        }),
    },
  ],
]);

const permitted = <T extends { readonly scopes: readonly string[] }>(item: T | undefined, call: Call): T | undefined =>
  item !== undefined && call.allows(item.scopes) ? item : undefined;

async function complete(
  surface: Surface,
  call: Call,
  { ref, argument, context: filled }: CompleteRequestParams,
  context: CallContext,
): Promise<CompleteResult> {
  const name = ref.type === 'ref/prompt' ? ref.name : ref.uri;
  const completers = permitted(
    ref.type === 'ref/prompt' ? surface.prompts.get(name) : surface.templates.get(name),
    call,
  )?.completers;
  if (completers === undefined) throw notFound(ref.type === 'ref/prompt' ? 'Prompt' : 'Resource template', name);
  const completer: Completer = completers.get(argument.name) ?? (() => []);
  const label = `Completion of ${name}`;
  const values = await answerOrFail(label, context, () => completer(argument.value, context, filled?.arguments ?? {}));
  return { completion: { values: values.slice(0, 100), total: values.length, hasMore: values.length > 100 } };
}
