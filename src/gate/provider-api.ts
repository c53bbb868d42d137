import { Unavailable } from '../core/errors.ts';
import { BadUpstreamAnswer } from './upstream-provider.ts';

/** A request to a provider's own API. */
export interface ApiRequest {
  readonly method?: 'GET' | 'POST';
  /** Sent as a bearer token. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Statuses that mean nothing is there: the answer is then undefined. */
  readonly absent?: readonly number[];
}

/** What an API said. */
export interface ApiAnswer {
  readonly body: unknown;
  readonly headers: Headers;
}

/**
 * Asks a provider's API. Rejects with BadUpstreamAnswer where it refuses or says what cannot be, and with Unavailable where it
 * is out or has had enough of us. `what` names the question in the log; neither token nor answer is ever in an error.
 */
export async function askApi(
  fetch: typeof globalThis.fetch,
  url: string,
  what: string,
  { method = 'GET', token, headers, json, absent = [] }: ApiRequest = {},
): Promise<ApiAnswer | undefined> {
  const response = await fetch(url, {
    method,
    headers: {
      accept: 'application/json',
      'user-agent': 'gatehouse',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(json !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const { status, headers: answered } = response;
  const waits = answered.get('x-ratelimit-remaining') === '0' || answered.has('retry-after');
  // First of all: of groups that may not be asked for now, nobody has left one.
  if (status === 429 || status >= 500 || (status === 403 && waits)) throw new Unavailable(`${what}_status_${status}`);
  if (absent.includes(status)) return undefined;
  if (status !== 200) throw new BadUpstreamAnswer(`${what}_status_${status}`);
  const body: unknown = await response.json().catch(() => {
    throw new Unavailable(`${what}_unreadable`);
  });
  return { body, headers: response.headers };
}

/** The same where something must be there, and be an object. */
export async function askForObject(
  ...[fetch, url, what, request]: Parameters<typeof askApi>
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await askApi(fetch, url, what, request);
  return readObject(answer?.body, what);
}

/** An object as the provider sent it; anything else cannot be. */
export function readObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new BadUpstreamAnswer(`${what}_shape`);
  return value as Readonly<Record<string, unknown>>;
}

/** A text of 1 to 255 characters, or nothing. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.length > 0 && value.length <= 255 ? value : undefined;
