import type { CompleteRequestParams, CompleteResult } from '@modelcontextprotocol/server';
import { plainContext } from '../asking.ts';
import type { Call, CallContext } from '../context.ts';
import { answerOrFail } from '../failure.ts';
import { notFound } from '../not-found.ts';
import type { Completer, Surface } from '../surface.ts';
import { leadsOn } from './leads-on.ts';
import { type Operations, permitted } from './operation.ts';

/** Suggests values for the arguments of prompts and the variables of templates. */
export const COMPLETION_OPERATIONS: Operations = {
  'completion/complete': {
    capability: 'completions',
    install: (server, { surface, callOf }) =>
      server.setRequestHandler('completion/complete', ({ params }, context) => {
        const call = callOf(context);
        return complete(surface, call, params, plainContext({ server, call, home: surface }, context));
      }),
  },
};

async function complete(
  surface: Surface,
  call: Call,
  { ref, argument, context: filled }: CompleteRequestParams,
  context: CallContext,
): Promise<CompleteResult> {
  const template = ref.type === 'ref/prompt' ? undefined : surface.templates.get(ref.uri);
  const name = ref.type === 'ref/prompt' ? ref.name : ref.uri;
  const completers = permitted(ref.type === 'ref/prompt' ? surface.prompts.get(name) : template, call)?.completers;
  if (completers === undefined) throw notFound(ref.type === 'ref/prompt' ? 'Prompt' : 'Resource template', name);
  const completer: Completer = completers.get(argument.name) ?? (() => []);
  const label = `Completion of ${name}`;
  const others = filled?.arguments ?? {};
  const all = await answerOrFail(label, context, () => completer(argument.value, context, others));
  const suggesting = { argument: argument.name, others, allows: call.allows.bind(call) };
  const values = template === undefined ? all : all.filter(leadsOn(template, suggesting));
  return { completion: { values: values.slice(0, 100), total: values.length, hasMore: values.length > 100 } };
}
