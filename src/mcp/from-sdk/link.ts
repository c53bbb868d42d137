import { AsyncLocalStorage } from 'node:async_hooks';
import type { AuthInfo, JSONRPCMessage, RequestId, Transport } from '@modelcontextprotocol/client';
import { RELATED_META } from '../foreign/calls-under-way.ts';

/** The two ends of a line within this process: what one sends, the other receives. */
export interface Link {
  /** For our client. */
  readonly near: Transport;
  /** For the server, of whichever SDK. */
  readonly far: FarEnd;
}

/** What both SDKs need of a transport. */
export interface FarEnd {
  start(): Promise<void>;
  send(message: object, options?: { readonly relatedRequestId?: RequestId | undefined }): Promise<void>;
  close(): Promise<void>;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: never, extra?: never) => void) | undefined;
}

/**
 * Makes a line. Each request carries the `authInfo` of the call that it is sent for. What the server sends while it serves a
 * request is marked with the call that it belongs to: by the request that it names, or else by the handler that it comes
 * from. Nothing else can bear that mark.
 */
export function createLink(authInfoOf: (key: RequestId) => AuthInfo | undefined): Link {
  const keys = new Map<RequestId, RequestId>();
  const served = new AsyncLocalStorage<RequestId | undefined>();
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    near.onclose?.();
    far.onclose?.();
  };
  const deliver = (hand: () => void): void => queueMicrotask(() => open && hand());
  const near: Transport = {
    start: async () => undefined,
    async send(message, { relatedRequestId: key } = {}) {
      if (!open) throw new Error('The line is closed.');
      const copy = onTheWire(message);
      if ('method' in copy && copy.method === 'notifications/cancelled')
        keys.delete(copy.params?.requestId as RequestId);
      const authInfo = key === undefined ? undefined : authInfoOf(key);
      if (key !== undefined && 'id' in copy && 'method' in copy) keys.set(copy.id, key);
      const extra = authInfo && { authInfo };
      deliver(() => served.run(key, () => (far.onmessage as Receive | undefined)?.(copy, extra)));
    },
    close,
  };
  const far: FarEnd = {
    start: async () => undefined,
    async send(message, { relatedRequestId } = {}) {
      if (!open) throw new Error('The line is closed.');
      const copy = onTheWire(message);
      if ('id' in copy && !('method' in copy) && copy.id !== undefined) keys.delete(copy.id);
      const key = relatedRequestId === undefined ? served.getStore() : keys.get(relatedRequestId);
      const marked = 'method' in copy ? mark(copy, key) : copy;
      deliver(() => near.onmessage?.(marked));
    },
    close,
  };
  return { near, far };
}

/** What would arrive over any other line. */
const onTheWire = (message: object): JSONRPCMessage => JSON.parse(JSON.stringify(message));

type Receive = (message: unknown, extra?: unknown) => void;

function mark<M extends JSONRPCMessage>(message: M, key: RequestId | undefined): M {
  const { params } = message as { readonly params?: { readonly _meta?: object } };
  const { [RELATED_META]: _, ...meta } = (params?._meta ?? {}) as Record<string, unknown>;
  const own = key === undefined ? meta : { ...meta, [RELATED_META]: key };
  return { ...message, params: { ...params, _meta: own } };
}
