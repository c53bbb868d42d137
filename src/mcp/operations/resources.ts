import { ResourceNotFoundError } from '@modelcontextprotocol/server';
import { asking, plainContext } from '../asking.ts';
import { withCacheHint } from '../cache-hints.ts';
import { answerOrFail } from '../failure.ts';
import { listResources, visible } from '../lists.ts';
import { definedAs } from '../surface.ts';
import { listWithin, type Operations } from './operation.ts';

/** Lists resources and templates, and reads one resource. */
export const RESOURCE_OPERATIONS: Operations = {
  'resources/list': {
    capability: 'resources',
    install: (server, serving) =>
      server.setRequestHandler('resources/list', ({ params }, context) =>
        listWithin('listResources', serving, server, context, params, async (call, page) => {
          const { surface } = serving;
          const all = await listResources(surface, call, plainContext({ server, call, home: surface }, context));
          const { entries, next } = page(all, ({ uri }) => uri);
          return { resources: entries, ...next };
        }),
      ),
  },

  'resources/templates/list': {
    capability: 'resources',
    install: (server, serving) =>
      server.setRequestHandler('resources/templates/list', ({ params }, context) =>
        listWithin('listTemplates', serving, server, context, params, async (call, page) => {
          const { surface } = serving;
          const all = await visible(surface, call, surface.templates);
          const { entries, next } = page(all, ({ uriTemplate }) => uriTemplate);
          return { resourceTemplates: entries, ...next };
        }),
      ),
  },

  'resources/read': {
    capability: 'resources',
    install: (server, { surface, callOf, states }) =>
      server.setRequestHandler('resources/read', ({ params }, context) => {
        const call = callOf(context);
        const found = surface.find(params.uri);
        if (found === undefined || !call.allows(found.item.scopes)) throw new ResourceNotFoundError(params.uri);
        const { item, target } = found;
        const request = { method: 'resources/read', params: { uri: params.uri } };
        const label = `Resource "${definedAs(item)}" of ${surface.info.name}`;
        return asking({ server, states, call, home: surface, scopes: item.scopes }, request, context, (reading) =>
          answerOrFail(label, reading, async () => {
            const result = await item.read(target, reading);
            // Clients of 2025 know nothing of it.
            return context.mcpReq.envelope === undefined ? result : withCacheHint(result, item);
          }),
        );
      }),
  },
};
