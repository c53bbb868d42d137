import { TooManyRequests, Unavailable } from '../../core/errors.ts';
import { principalKey } from '../../core/principal.ts';
import { providerFetch } from '../../core/provider-fetch.ts';
import { fetchSlots } from '../../core/safe-fetch/fetch-slots.ts';
import { safeFetch } from '../../core/safe-fetch.ts';
import { parseUriTemplate, type UriTemplate } from '../uri-template.ts';
import { contentOf } from './media-type.ts';
import { MOST_BYTES } from './read-bounded.ts';
import type { ResourceSource } from './source.ts';

/** How a URL is fetched, and what it may cost. */
export interface HttpResourceOptions {
  /**
   * Fetches in place of ours, wherever the URL leads: for hosts of your own network and for requests with credentials. Left out,
   * only https URLs of public hosts are fetched, without credentials. Redirects are never followed.
   */
  readonly fetch?: typeof globalThis.fetch;
  /** Bytes; a longer answer is refused. Default 1 MiB. */
  readonly maxBytes?: number;
  /** Milliseconds from the start to the last byte. Default 10,000. */
  readonly timeoutMs?: number;
}

/** One GET: what it came to. */
type Get = (url: string, signal: AbortSignal) => Promise<{ status: number; headers: Headers; body: Uint8Array }>;

/** GETs under way at once, of them for one caller, and how long who has more is to wait. */
const AT_ONCE = 32;
const OF_ONE_CALLER = AT_ONCE / 4;
const WAIT_SECONDS = 1;

/**
 * What is behind an http or https URL, fetched anew each time. The URL may have variables of the resource's template behind its
 * host, of the same kinds: `https://api.example.com/notes/{id}`. 404 and 410 mean that nothing is there; any other failure is
 * Unavailable (503). One caller has 8 GETs under way at most, then TooManyRequests (429).
 */
export function httpResource(url: string, options: HttpResourceOptions = {}): ResourceSource {
  const template = parseUriTemplate(url);
  if (!/^https?:\/\/[^/{}?#@]+(?:[/?]|$)/.test(url) || !URL.canParse(template.expand({}))) {
    throw new TypeError(
      `httpResource needs an http or https URL whose host has no variables, not ${JSON.stringify(url)}.`,
    );
  }
  const get = getWith(options);
  const slots = fetchSlots(Number.POSITIVE_INFINITY, OF_ONE_CALLER);
  const busy = () => new TooManyRequests('http_resource', WAIT_SECONDS);
  return {
    advice: (variables) =>
      sameKinds(variables, template.kinds)
        ? undefined
        : `must have the variables of ${url}, no more and no less, each in such a place: {id}, {path*} or {?id}`,
    async read({ uri, values }, { signal, principal }, mimeType) {
      if ([...template.kinds].some(([name, kind]) => kind !== 'query' && !values[name])) return undefined;
      const { status, headers, body } = await slots.hold(principalKey(principal), busy, () =>
        get(template.expand(values), signal),
      );
      if (status === 404 || status === 410) return undefined;
      if (status !== 200) throw new Unavailable('resource_status', new Error(`The answer has the status ${status}.`));
      const type = mimeType ?? headers.get('content-type')?.replace(/;.*$/s, '').trim().toLowerCase();
      return contentOf(uri, type === '' ? undefined : type, body);
    },
  };
}

function getWith({ fetch, maxBytes = MOST_BYTES, timeoutMs = 10_000 }: HttpResourceOptions): Get {
  if (fetch === undefined) {
    const get = safeFetch({ maxConcurrent: AT_ONCE, maxConcurrentPerHost: AT_ONCE });
    return (url) => get(url, { maxBytes, timeoutMs }).catch(unreachable);
  }
  const bounded = providerFetch(fetch, { maxBytes, timeoutMs, maxConcurrent: AT_ONCE });
  return async (url, signal) => {
    const answer = await bounded(url, { signal });
    return { status: answer.status, headers: answer.headers, body: new Uint8Array(await answer.arrayBuffer()) };
  };
}

function unreachable(error: unknown): never {
  throw new Unavailable('resource_unreachable', error);
}

/** A value that may be left out or hold slashes is no part of a path. */
const sameKinds = (some: UriTemplate['kinds'], others: UriTemplate['kinds']): boolean =>
  some.size === others.size && [...some].every(([name, kind]) => others.get(name) === kind);
