import { type CallToolResult, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { GatehouseError } from '../core/errors.ts';
import { behindOf, type CallContext } from './context.ts';
import { ToolError } from './tool-error.ts';
import { errorResult } from './tool-result.ts';

/**
 * What the caller may know about `error`. Anything but a ToolError is logged and replaced by a text with the request id, which its
 * message follows where the host shows errors; one that has a place on the wire, such as Unavailable, refuses the call, and says its own words where it is too late for that.
 */
function tellFailure(error: unknown, item: string, context: CallContext): string {
  if (error instanceof ToolError) return error.message;
  if (error instanceof GatehouseError) {
    behindOf(context).call.refuse(error);
    if (error.status < 500) context.log.info('handler_refused', { item, status: error.status, reason: error.reason });
    else context.log.error('handler_failed', { item, error });
    return error.message;
  }
  if (context.signal.aborted) context.log.debug('handler_cancelled', { item });
  else context.log.error('handler_failed', { item, error });
  const { showErrors = false } = behindOf(context).call;
  const told = internalError(context.requestId);
  return showErrors && error instanceof Error ? `${told}. ${error.message}` : told;
}

/** All that a caller learns of a fault of ours; its message follows where the host shows errors. */
export const internalError = (requestId: string): string => `Internal error. Request id: ${requestId}`;

/** Runs a tool. Its failure becomes a result that says so; a ProtocolError stays one. */
export async function answerTool(
  item: string,
  context: CallContext,
  run: () => Promise<CallToolResult>,
): Promise<CallToolResult> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    return errorResult(tellFailure(error, item, context));
  }
}

/** Runs a prompt, a resource or a suggestion. Its failure becomes a JSON-RPC error: -32602 for a ToolError, else -32603. */
export async function answerOrFail<T>(item: string, context: CallContext, handle: () => T | Promise<T>): Promise<T> {
  try {
    return await handle();
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    const code = error instanceof ToolError ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError;
    throw new ProtocolError(code, tellFailure(error, item, context));
  }
}
