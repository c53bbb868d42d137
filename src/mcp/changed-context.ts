import type { AskOptions } from './ask.ts';
import { behindOf, type CallContext, withBehind } from './context.ts';

/** The same context, whose signal is another one. When it aborts, so do the questions that are open. */
export function withSignal(context: CallContext, signal: AbortSignal): CallContext {
  const made = behindOf(context);
  const whole: CallContext = {
    ...context,
    signal,
    elicit: (form, options) => context.elicit(form, { signal, ...options }),
    sample: (request, options) => context.sample(request, { signal, ...options }),
    roots: (options) => context.roots({ signal, ...options }),
    ...made.reading(() => whole),
  };
  return withBehind(whole, made);
}

/**
 * The same context for another item, of this name, that the called one uses. What the client sent along is for the called one
 * alone, and so are answers to its questions, whatever keys the other item asks by.
 */
export function contextForUsed(context: CallContext, name: string): CallContext {
  const made = behindOf(context);
  const own = (options?: AskOptions) =>
    options?.key === undefined ? options : { ...options, key: `${name} ${options.key}` };
  const whole: CallContext = {
    ...context,
    elicit: (form, options) => context.elicit(form, own(options)),
    sample: (request, options) => context.sample(request, own(options)),
    roots: (options) => context.roots(own(options)),
  };
  return withBehind(whole, { ...made, client: { ...made.client, unasked: {} } });
}
