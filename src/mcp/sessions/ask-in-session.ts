import type { Server, ServerContext } from '@modelcontextprotocol/server';
import { type AskedClient, askClient, CannotAsk, missingFrom } from '../ask.ts';
import { ToolError } from '../tool-error.ts';

/** How long a person may take to answer, in milliseconds. */
const PATIENCE = 600_000;

/** Puts questions to the client of a session, on the stream of the very call that asks. Given up when `signal` aborts. */
export function askInSession(server: Server, { mcpReq }: ServerContext, signal: AbortSignal): AskedClient {
  const capabilities = server.getClientCapabilities() ?? {};
  const ask = askClient(async ({ needs, options, ...request }) => {
    const missing = missingFrom(capabilities, needs);
    if (missing !== undefined) throw new CannotAsk(needs, `This needs a client that has the capability "${missing}".`);
    try {
      return await mcpReq.send(request, { signal: either(signal, options.signal), timeout: PATIENCE });
    } catch (error) {
      throw new ToolError(`The client did not answer ${request.method}.`, { cause: error });
    }
  });
  return { ask, capabilities, unasked: {}, returns: false, brought: () => 0 };
}

const either = (signal: AbortSignal, other: AbortSignal | undefined): AbortSignal =>
  other === undefined ? signal : AbortSignal.any([signal, other]);
