import { asking } from '../asking.ts';
import { answerOrFail } from '../failure.ts';
import { visible } from '../lists.ts';
import { notFound } from '../not-found.ts';
import { listWithin, type Operations, permitted } from './operation.ts';

/** Lists the prompts and fills one in. */
export const PROMPT_OPERATIONS: Operations = {
  'prompts/list': {
    capability: 'prompts',
    install: (server, serving) =>
      server.setRequestHandler('prompts/list', ({ params }, context) =>
        listWithin('listPrompts', serving, server, context, params, async (call, page) => {
          const { surface } = serving;
          const { entries, next } = page(await visible(surface, call, surface.prompts), ({ name }) => name);
          return { prompts: entries, ...next };
        }),
      ),
  },

  'prompts/get': {
    capability: 'prompts',
    install: (server, { surface, callOf, states }) =>
      server.setRequestHandler('prompts/get', ({ params }, context) => {
        const call = callOf(context);
        const prompt = permitted(surface.prompts.get(params.name), call);
        if (prompt === undefined) throw notFound('Prompt', params.name);
        const { name, arguments: input = {} } = params;
        const request = { method: 'prompts/get', params: { name, input } };
        const label = `Prompt "${name}" of ${surface.info.name}`;
        return asking({ server, states, call, home: surface, scopes: prompt.scopes }, request, context, (filling) =>
          answerOrFail(label, filling, () => prompt.fill(input, filling)),
        );
      }),
  },
};
