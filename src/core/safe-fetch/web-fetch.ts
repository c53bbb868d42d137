import type { FetchLimits, SafeFetch } from '../safe-fetch.ts';

/** RFC 9110 §6.4.1: statuses whose answer has no body. */
const WITHOUT_BODY = [204, 205, 304];

/** A safe fetch in the form libraries ask for. Method, headers and body that they hand in are not sent: it only GETs. */
export function webFetch(fetch: SafeFetch, limits: FetchLimits): typeof globalThis.fetch {
  return async (input) => {
    const { status, headers, body } = await fetch(input instanceof Request ? input.url : String(input), limits);
    return new Response(WITHOUT_BODY.includes(status) ? null : body, { status, headers });
  };
}
