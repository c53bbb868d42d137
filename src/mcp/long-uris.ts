import type { Route } from './classify.ts';
import { requestIdOf, rpcError } from './rpc-answer.ts';

/** Characters. No longer one is looked up: what that costs must not be the caller's choice. */
export const LONGEST_URI = 8192;

/** The refusal of a request about a URI that is too long; undefined for any other. */
export function refuseLongUris({ params, request }: Pick<Route, 'params' | 'request'>): Response | undefined {
  const { resourceSubscriptions } = (params.notifications ?? {}) as { readonly resourceSubscriptions?: unknown };
  const { uri } = (params.ref ?? {}) as { readonly uri?: unknown };
  const uris = [params.uri, uri, ...(Array.isArray(resourceSubscriptions) ? resourceSubscriptions : [])];
  if (!uris.some((each) => typeof each === 'string' && each.length > LONGEST_URI)) return undefined;
  return rpcError(400, { code: -32602, message: `A URI may have ${LONGEST_URI} characters.` }, requestIdOf(request));
}
