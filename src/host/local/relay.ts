import {
  InsufficientScopeError,
  isInitializeRequest,
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  SdkHttpError,
  type StreamableHTTPClientTransport,
  type Transport,
} from '@modelcontextprotocol/client';
import { type Log, silentLog } from '../../core/log.ts';

/** What carries messages between a client on a wire and a server in this process. */
export interface RelayParts {
  /** Such as stdin and stdout. */
  readonly wire: Transport;
  readonly server: StreamableHTTPClientTransport;
  readonly log?: Log;
}

type RequestId = JSONRPCRequest['id'];

interface UnderWay {
  readonly abort: AbortController;
  readonly modern: boolean;
  readonly initialize: boolean;
}

/**
 * Relays until the wire closes, in both eras: what one message per request is over HTTP is one line here. A refusal of the
 * gate is a JSON-RPC error. Resolves when nothing runs any more.
 */
export async function relay({ wire, server, log = silentLog }: RelayParts): Promise<void> {
  const underWay = new Map<RequestId, UnderWay>();
  const closed = Promise.withResolvers<void>();
  const write = (message: JSONRPCMessage) =>
    void wire.send(message).catch((error: unknown) => log.debug('stdio_write_failed', { error }));
  const fail = (id: RequestId, error: unknown) => {
    if (underWay.delete(id)) write({ jsonrpc: '2.0', id, error: errorOf(error) });
  };

  server.onerror = (error) => log.debug('stdio_exchange_fault', { error });
  server.onmessage = (message: JSONRPCMessage) => {
    if ((isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) && message.id !== undefined) {
      const request = underWay.get(message.id);
      underWay.delete(message.id);
      if (request?.initialize && isJSONRPCResultResponse(message)) adoptRevision(server, message.result);
    }
    write(message);
  };
  wire.onerror = (error) => log.debug('stdio_read_failed', { error });
  wire.onmessage = (message: JSONRPCMessage) => {
    const cancelled = cancelledId(message);
    const running = cancelled === undefined ? undefined : underWay.get(cancelled);
    if (cancelled !== undefined && running?.modern) {
      underWay.delete(cancelled);
      return running.abort.abort();
    }
    if (!isJSONRPCRequest(message)) {
      server.send(message).catch((error: unknown) => log.debug('stdio_exchange_fault', { error }));
      return;
    }
    const { id } = message;
    const request = requestUnderWay(message);
    underWay.set(id, request);
    const onRequestStreamEnd = () => fail(id, new Error('The answer ended before its time.'));
    server
      .send(message, { requestSignal: request.abort.signal, onRequestStreamEnd })
      .catch((error: unknown) => fail(id, error));
  };
  wire.onclose = () => {
    for (const { abort } of underWay.values()) abort.abort();
    server.close().then(closed.resolve, closed.reject);
  };
  await server.start();
  await wire.start();
  await closed.promise;
}

const requestUnderWay = (message: JSONRPCRequest): UnderWay => ({
  abort: new AbortController(),
  modern: message.params?._meta?.['io.modelcontextprotocol/protocolVersion'] !== undefined,
  initialize: isInitializeRequest(message),
});

/** From the handshake on, every message of an older client is of the revision that was agreed on. */
function adoptRevision(server: StreamableHTTPClientTransport, result: Readonly<Record<string, unknown>>): void {
  if (typeof result.protocolVersion === 'string') server.setProtocolVersion(result.protocolVersion);
}

/** 2026-07-28 has no message that cancels over HTTP: there the stream of the request is closed. */
function cancelledId(message: JSONRPCMessage): RequestId | undefined {
  if (!isJSONRPCNotification(message) || message.method !== 'notifications/cancelled') return undefined;
  const { requestId } = message.params ?? {};
  return typeof requestId === 'string' || typeof requestId === 'number' ? requestId : undefined;
}

interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

const SERVER_ERROR = -32000;
const INTERNAL_ERROR = -32603;

/** The protocol's own refusal where there is one, else what the gate said, else nothing of the kind. */
function errorOf(error: unknown): RpcError {
  if (error instanceof InsufficientScopeError) {
    const { requiredScope: scope } = error;
    return {
      code: SERVER_ERROR,
      message: `The call needs the scopes ${scope}.`,
      data: { error: 'insufficient_scope', scope },
    };
  }
  return (
    (error instanceof SdkHttpError && refusalIn(error.data.text)) || { code: INTERNAL_ERROR, message: 'Internal error' }
  );
}

function refusalIn(text: unknown): RpcError | undefined {
  if (typeof text !== 'string' || !text.startsWith('{')) return undefined;
  const { error, error_description: message } = JSON.parse(text);
  if (typeof error === 'object' && error !== null) return error;
  return typeof message === 'string' ? { code: SERVER_ERROR, message, data: { error } } : undefined;
}
