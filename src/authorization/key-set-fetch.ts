import { type KoaContextWithOIDC, Provider } from 'oidc-provider';
import { Unavailable } from '../core/errors.ts';
import { FetchFailed, type SafeFetch } from '../core/safe-fetch.ts';

const LIMITS = { maxBytes: 65_536, timeoutMs: 5000 };

/**
 * The `fetch` of oidc-provider, which asks for the key sets of clients (`jwks_uri`) with it: through the one way out. A
 * host that does not answer is noted on the request, because oidc-provider would blame the assertion.
 */
export const keySetFetch =
  (fetch: SafeFetch) =>
  async (url: string | URL | Request): Promise<Response> => {
    try {
      const { status, headers, body } = await fetch(url instanceof Request ? url.url : String(url), LIMITS);
      if (status >= 500) noteTrouble(new Error(`The key set was answered with status ${status}.`));
      return new Response(new Uint8Array(body), { status, headers });
    } catch (error) {
      if (error instanceof FetchFailed && (error.fault === 'unreachable' || error.fault === 'busy')) noteTrouble(error);
      throw error;
    }
  };

/** Why the keys of this request's client could not be had, if that is what happened. */
export const keySetTrouble = (ctx: KoaContextWithOIDC): Unavailable | undefined => {
  const { keySetTrouble: trouble } = ctx.state as { readonly keySetTrouble?: Unavailable };
  return trouble;
};

function noteTrouble(cause: Error): void {
  const { ctx } = Provider;
  if (ctx !== undefined) ctx.state.keySetTrouble = new Unavailable('client_keys_unreachable', cause, 30);
}
