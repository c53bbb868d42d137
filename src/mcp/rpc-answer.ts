/** The JSON-RPC id to answer with: that of a request, null where there is none to be read. */
export function requestIdOf(message: unknown): string | number | null {
  if (typeof message !== 'object' || message === null || !('id' in message)) return null;
  return typeof message.id === 'string' || typeof message.id === 'number' ? message.id : null;
}

/** A JSON-RPC error as the whole answer to an HTTP request. */
export function rpcError(
  status: number,
  error: { readonly code: number; readonly message: string; readonly data?: unknown },
  id: string | number | null = null,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return Response.json({ jsonrpc: '2.0', error, id }, { status, headers });
}

/** What a notification is answered with, whatever became of it. */
export const accepted = (): Response => new Response(null, { status: 202 });

/** 503: the client may ask again, elsewhere at once, here when we are back. */
export const shuttingDown = (id: string | number | null): Response =>
  rpcError(503, { code: -32000, message: 'The server is shutting down.' }, id, { 'retry-after': '5' });
