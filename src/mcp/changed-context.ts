import type { AskClient, AskOptions } from './ask.ts';
import { behindOf, type CallContext, withBehind } from './context.ts';

/** The same context, whose signal is another one. When it aborts, so do the questions that are open. */
export function withSignal(context: CallContext, signal: AbortSignal): CallContext {
  const made = behindOf(context);
  const whole: CallContext = {
    ...context,
    signal,
    ...askingWith(context, (options) => ({ signal, ...options })),
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
  const ask = askingWith(context, (options) =>
    options.key === undefined ? options : { ...options, key: `${name} ${options.key}` },
  );
  return withBehind({ ...context, ...ask }, { ...made, client: { ...made.client, unasked: {} } });
}

/** The same questions, put with other options. */
const askingWith = (ask: AskClient, change: (options: AskOptions) => AskOptions): AskClient => ({
  elicit: (form, options = {}) => ask.elicit(form, change(options)),
  sample: (request, options = {}) => ask.sample(request, change(options)),
  roots: (options = {}) => ask.roots(change(options)),
});
