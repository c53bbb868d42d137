import { Unavailable } from '../../core/errors.ts';
import { boundedBody } from './bounded-body.ts';

/** Tells within this process which call a request is for. Never sent. */
export const CALL_HEADER = 'x-gatehouse-call';

/** Where requests go and what they are sent with. */
export interface GuardedFetchParts {
  readonly fetch: typeof globalThis.fetch;
  /** The one URL that is asked. */
  readonly url: URL;
  /** Bytes of one message. */
  readonly maxBytes: number;
  /** The credentials for each request, of the call that `CALL_HEADER` names. */
  headers(call: string | undefined): Promise<Readonly<Record<string, string>>>;
  /** Called when the server does not accept them; whether there may be others by now. */
  refused(): boolean;
}

/**
 * The way out to one server: its URL and no other, no redirect (it would carry our credentials elsewhere), no cookies, and
 * messages within `maxBytes`. Rejects with Unavailable for what it does not take.
 */
export function guardedFetch({ fetch, url, maxBytes, headers, refused }: GuardedFetchParts): typeof globalThis.fetch {
  const send = async (init: RequestInit): Promise<Response> => {
    const sent = new Headers(init.headers);
    const call = sent.get(CALL_HEADER) ?? undefined;
    sent.delete(CALL_HEADER);
    for (const [name, value] of Object.entries(await headers(call))) sent.set(name, value);
    return fetch(url, { ...init, headers: sent, redirect: 'manual', credentials: 'omit' });
  };
  return async (input, init = {}) => {
    if (new URL(input instanceof Request ? input.url : input).href !== url.href) {
      throw new Unavailable('foreign_other_url');
    }
    let response = await send(init);
    if (response.status === 401 && refused()) {
      await response.body?.cancel();
      response = await send(init);
    }
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new Unavailable('foreign_redirects');
    }
    return boundedBody(response, maxBytes);
  };
}
