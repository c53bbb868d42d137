import type { GatedCall } from '../gated-route.ts';
import { type ServeParts, serveMessage } from '../serve-message.ts';
import { toWebRequest } from '../web-exchange.ts';
import type { RestMessage } from './messages.ts';

/** What became of a message: its result, an error with the HTTP status that says it, or that the caller must wait. */
export type RestAnswer =
  | { readonly result: Readonly<Record<string, unknown>> }
  | {
      readonly status: number;
      readonly code: number;
      readonly detail: string;
      readonly retryAfter?: string | undefined;
    }
  | { readonly wait: number };

/** The revision whose messages stand for themselves and need no headers of their own. */
const REVISION = '2025-11-25';

/** The web request that a message of ours is looked at with: the caller's own, as a client of MCP would have sent it. */
export function asMcpRequest(call: GatedCall, uri: string): Request {
  const { headers, signal } = toWebRequest(call.request, uri, call.response);
  for (const name of [...headers.keys()])
    if (name.startsWith('mcp-') || name.startsWith('content-')) headers.delete(name);
  headers.set('content-type', 'application/json');
  headers.set('accept', 'application/json, text/event-stream');
  headers.set('mcp-protocol-version', REVISION);
  return new Request(uri, { method: 'POST', headers, signal });
}

/** The whole JSON-RPC message. */
export const rpcMessage = ({ method, params }: RestMessage) => ({ jsonrpc: '2.0', id: 1, method, params });

/** Hands a message to the endpoint, by the one way to what a mount offers. Throws what refuses the call. */
export async function askEndpoint(call: GatedCall, message: RestMessage, parts: ServeParts): Promise<RestAnswer> {
  const exchange = asMcpRequest(call, parts.resource.uri);
  const served = await serveMessage(call, exchange, rpcMessage(message), parts);
  if ('retryAfter' in served) return { wait: served.retryAfter };
  const { answer } = served;
  if (answer.body === null) return { status: answer.status, code: -32000, detail: 'The call was given up.' };
  const { result, error } = (await answer.json()) as RpcAnswer;
  if (result !== undefined) return { result };
  const { code = -32603, message: detail = 'Internal error' } = error ?? {};
  const status = answer.ok ? statusOf(code, detail) : answer.status;
  return { status, code, detail, retryAfter: answer.headers.get('retry-after') ?? undefined };
}

interface RpcAnswer {
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string };
}

/** JSON-RPC and MCP tell what is not there by code; -32602 stands for that and for arguments that do not fit. */
function statusOf(code: number, message: string): number {
  if (code === -32601 || code === -32002) return 404;
  if (code === -32602) return / not found/i.test(message) ? 404 : 422;
  return code === -32600 || code === -32700 ? 400 : 500;
}
