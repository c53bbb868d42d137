import { type RequestId, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { TimeLimit } from '../foreign/time-limit.ts';
import { CALL_HEADER } from './guarded-fetch.ts';

/** A transport over Streamable HTTP. */
export interface HttpTransport {
  readonly transport: StreamableHTTPClientTransport;
  /** Ends the session at the server, where there is one. */
  endSession(): Promise<void>;
}

/** What it depends on. `fetch` decides what may be asked and how. */
export interface HttpTransportParts {
  readonly url: URL;
  readonly fetch: typeof globalThis.fetch;
  readonly log: Log;
  /** How long the answer to a request is waited for, by its key; undefined for none that is waited for. */
  limitOf(key: RequestId): Pick<TimeLimit, 'signal' | 'stop'> | undefined;
}

/** How long the end of a session may take, in milliseconds. */
const LAST_WORD = 1000;

/** Makes one. Who is asked for a token is never looked up: credentials are those of `fetch`. */
export function httpTransport({ url, fetch, log, limitOf }: HttpTransportParts): HttpTransport {
  const transport = new StreamableHTTPClientTransport(url, { fetch });
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    const key = (options as { readonly relatedRequestId?: RequestId } | undefined)?.relatedRequestId;
    const limit = key === undefined ? undefined : limitOf(key);
    if (limit === undefined || !('id' in message)) return send(message, options);
    const headers = { ...options?.headers, [CALL_HEADER]: String(key) };
    const requestSignal = options?.requestSignal ?? limit.signal;
    // An answer that did come is taken in first.
    const onRequestStreamEnd = () => setImmediate(() => limit.stop(new Unavailable('foreign_stream_ended')));
    return send(message, { ...options, headers, requestSignal, onRequestStreamEnd });
  };
  return {
    transport,
    async endSession() {
      const ending = transport
        .terminateSession()
        .catch((error: unknown) => log.debug('foreign_exchange_fault', { error }));
      await Promise.race([ending, new Promise((resolve) => setTimeout(resolve, LAST_WORD).unref())]);
    },
  };
}
