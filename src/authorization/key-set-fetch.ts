import type { SafeFetch } from '../core/safe-fetch.ts';

const LIMITS = { maxBytes: 65_536, timeoutMs: 5000 };

/** The `fetch` of oidc-provider, which asks for the key sets of clients (`jwks_uri`) with it: through the one way out. */
export const keySetFetch =
  (fetch: SafeFetch) =>
  async (url: string | URL | Request): Promise<Response> => {
    const { status, headers, body } = await fetch(url instanceof Request ? url.url : String(url), LIMITS);
    return new Response(new Uint8Array(body), { status, headers });
  };
