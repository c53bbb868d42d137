import { Unavailable } from '../../core/errors.ts';
import { principalKey } from '../../core/principal.ts';
import { fetchSlots } from '../../core/safe-fetch/fetch-slots.ts';
import type { CallContext } from '../context.ts';
import { ToolError } from '../tool-error.ts';
import type { ApiCredentials } from './credentials.ts';
import type { EncodedBody } from './request-body.ts';
import { type Answer, readAnswer } from './responses.ts';

/** One request, built and checked. */
export interface ApiRequest {
  readonly label: string;
  readonly method: string;
  readonly url: URL;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: EncodedBody | undefined;
}

/** Sends a request as a call of ours. Throws ToolError in words for whatever the API does but succeed. */
export type CallApi = (request: ApiRequest, context: CallContext) => Promise<Answer>;

/** What the client is made of. `fetch` is bounded and follows no redirect. */
export interface ApiClientParts {
  readonly fetch: typeof globalThis.fetch;
  readonly credentials: ApiCredentials | undefined;
  /** Calls under way at once. */
  readonly maxConcurrent: number;
  /** Of them for one caller. */
  readonly maxPerCaller: number;
}

/**
 * The way out to one API. Nothing of the caller's own request goes along: headers are what the operation lets callers set, then
 * ours, then the credentials, which nothing can replace.
 */
export function apiClient({ fetch, credentials, maxConcurrent, maxPerCaller }: ApiClientParts): CallApi {
  const slots = fetchSlots(maxConcurrent, maxPerCaller);
  const call: CallApi = async ({ label, method, url, headers, body }, context) => {
    const own = await ownHeaders(credentials, label, context);
    const sent = new Headers([...headers]);
    sent.set('accept', 'application/json, text/plain;q=0.9, */*;q=0.5');
    sent.set('user-agent', 'gatehouse');
    if (body?.type !== undefined) sent.set('content-type', body.type);
    for (const [name, value] of Object.entries(own)) sent.set(name, value);
    const init = { method, headers: sent, signal: context.signal, ...(body && { body: body.body }) };
    const response = await fetch(url, init).catch((error: unknown) => unanswered(error, label, context));
    if (response.status === 401) credentials?.refused?.();
    if (response.status === 401 || response.status >= 500) {
      context.log.warn('api_call_failed', { operation: label, status: response.status });
    }
    return readAnswer(response);
  };
  const busy = () => new ToolError(BUSY);
  return (request, context) => slots.hold(principalKey(context.principal), busy, () => call(request, context));
}

/** The caller's own sign-in may have ended (401), or be out of reach (503): that is for the gate to say. */
async function ownHeaders(credentials: ApiCredentials | undefined, label: string, context: CallContext) {
  try {
    return (await credentials?.headers(context)) ?? {};
  } catch (error) {
    if (error instanceof Unavailable) context.log.warn('api_credentials_missing', { operation: label, error });
    throw error;
  }
}

const BUSY = 'Too many calls of the API are under way. Try again later.';

const WORDS: Readonly<Record<string, string>> = {
  provider_timed_out: 'The API did not answer in time. It may have done what was asked all the same.',
  provider_answer_too_large: 'The answer of the API is too large.',
};

function unanswered(error: unknown, label: string, context: CallContext): never {
  if (!(error instanceof Unavailable)) throw error;
  context.log.warn('api_call_failed', { operation: label, reason: error.reason, error });
  throw new ToolError(WORDS[error.reason] ?? 'The API does not answer. Try again later.', { cause: error });
}
