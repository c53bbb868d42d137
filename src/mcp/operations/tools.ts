import { asking } from '../asking.ts';
import { answerTool } from '../failure.ts';
import { visible } from '../lists.ts';
import { notFound } from '../not-found.ts';
import { listWithin, type Operations, permitted } from './operation.ts';

/** Lists the tools and calls one. */
export const TOOL_OPERATIONS: Operations = {
  'tools/list': {
    capability: 'tools',
    install: (server, serving) =>
      server.setRequestHandler('tools/list', ({ params }, context) =>
        listWithin('listTools', serving, server, context, params, async (call, page) => {
          const { surface } = serving;
          const { entries, next } = page(await visible(surface, call, surface.tools), ({ name }) => name);
          return { tools: entries, ...next };
        }),
      ),
  },

  'tools/call': {
    capability: 'tools',
    install: (server, { surface, callOf, states }) =>
      server.setRequestHandler('tools/call', async ({ params }, context) => {
        const call = callOf(context);
        const tool = permitted(surface.tools.get(params.name), call);
        if (tool === undefined) throw notFound('Tool', params.name);
        const { name, arguments: input = {} } = params;
        const request = { method: 'tools/call', params: { name, input } };
        const label = `Tool "${name}" of ${surface.info.name}`;
        return asking(
          { server, states, call, home: surface, scopes: tool.scopes },
          request,
          context,
          async (running) => {
            const result = await answerTool(label, running, () => tool.run(input, running));
            return server.projectCallToolResult(result, tool.outputJson);
          },
        );
      }),
  },
};
