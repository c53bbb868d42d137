import {
  type CompleteRequestParams,
  type CompleteResult,
  ResourceNotFoundError,
  type Server,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { asking, plainContext } from './asking.ts';
import type { Call, CallContext } from './context.ts';
import { answerOrFail, notFound } from './failure.ts';
import { listResources, refuseCursor, visible } from './lists.ts';
import type { RequestStates } from './request-states.ts';
import type { Completer, Surface } from './surface.ts';

/** What every handler of a server is made of. */
export interface Serving {
  readonly surface: Surface;
  readonly states: RequestStates;
  /** The call that a handler runs for. A server of a single request has one; one of a session, one for each request. */
  callOf(context: ServerContext): Call;
}

/** One method: the capability that it belongs to, and how a server is given its handler. */
interface Operation {
  readonly capability: 'tools' | 'prompts' | 'resources' | 'completions';
  install(server: Server, serving: Serving): void;
}

/** Gives `server` the handler of a method, where it has one and promises it. */
export function installOperation(server: Server, method: string, serving: Serving): void {
  const operation = OPERATIONS.get(method);
  if (operation !== undefined && server.getCapabilities()[operation.capability]) operation.install(server, serving);
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
      install: (server, { surface, callOf }) =>
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
      install: (server, { surface, callOf, states }) =>
        server.setRequestHandler('tools/call', async ({ params }, context) => {
          const call = callOf(context);
          const tool = permitted(surface.tools.get(params.name), call);
          if (tool === undefined) throw notFound('Tool', params.name);
          const { name, arguments: input = {} } = params;
          const { changes } = surface;
          const request = { method: 'tools/call', params: { name, input } };
          return asking({ server, states, call, changes }, request, context, async (toolContext) =>
            server.projectCallToolResult(await tool.run(input, toolContext), tool.outputJson),
          );
        }),
    },
  ],
  [
    'prompts/list',
    {
      capability: 'prompts',
      install: (server, { surface, callOf }) =>
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
      install: (server, { surface, callOf, states }) =>
        server.setRequestHandler('prompts/get', ({ params }, context) => {
          const call = callOf(context);
          const prompt = permitted(surface.prompts.get(params.name), call);
          if (prompt === undefined) throw notFound('Prompt', params.name);
          const { name, arguments: input = {} } = params;
          const { changes } = surface;
          const request = { method: 'prompts/get', params: { name, input } };
          return asking({ server, states, call, changes }, request, context, (filling) => prompt.fill(input, filling));
        }),
    },
  ],
  [
    'resources/list',
    {
      capability: 'resources',
      install: (server, { surface, callOf }) =>
        server.setRequestHandler('resources/list', async ({ params }, context) => {
          refuseCursor(params?.cursor);
          const call = callOf(context);
          return {
            resources: await listResources(
              surface,
              call,
              plainContext({ server, call, changes: surface.changes }, context),
            ),
          };
        }),
    },
  ],
  [
    'resources/templates/list',
    {
      capability: 'resources',
      install: (server, { surface, callOf }) =>
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
      install: (server, { surface, callOf, states }) =>
        server.setRequestHandler('resources/read', ({ params }, context) => {
          const call = callOf(context);
          const found = surface.find(params.uri);
          if (found === undefined || !call.allows(found.item.scopes)) throw new ResourceNotFoundError(params.uri);
          const { item, target } = found;
          const { changes } = surface;
          const request = { method: 'resources/read', params: { uri: params.uri } };
          return asking({ server, states, call, changes }, request, context, (reading) => item.read(target, reading));
        }),
    },
  ],
  [
    'completion/complete',
    {
      capability: 'completions',
      install: (server, { surface, callOf }) =>
        server.setRequestHandler('completion/complete', ({ params }, context) => {
          const call = callOf(context);
          return complete(surface, call, params, plainContext({ server, call, changes: surface.changes }, context));
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
