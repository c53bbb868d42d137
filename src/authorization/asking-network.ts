import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestHandler } from 'express';
import { wideNetworkOf } from '../core/network-of.ts';
import { fetchSlots } from '../core/safe-fetch/fetch-slots.ts';
import { FetchFailed, type SafeFetch } from '../core/safe-fetch.ts';

const asking = new AsyncLocalStorage<string>();

/** Notes the network of a request for as long as it is being answered. oidc-provider hands no request to its adapter. */
export const noteAskingNetwork: RequestHandler = (request, _response, next) =>
  asking.run(wideNetworkOf(request.ip ?? ''), next);

/** The network of the request that is being answered. Undefined where there is none. */
export const askingNetwork = (): string | undefined => asking.getStore();

/** How many fetches one network may have under way: few enough that it takes several to use up those of all. */
const AT_ONCE = 8;

/**
 * The way out to URLs that clients name, shared by those who ask: a network that has 8 fetches under way gets no more
 * until one of them ends, so that whoever names hosts that do not answer leaves room for the others. Rejects with
 * `FetchFailed` and nothing else.
 */
export function sharedFetch(fetch: SafeFetch, asking: () => string | undefined = askingNetwork): SafeFetch {
  const slots = fetchSlots(Number.POSITIVE_INFINITY, AT_ONCE);
  const busy = () => new FetchFailed('too_many_fetches', 'The caller has too many fetches under way.');
  return async (url, limits) => {
    const network = asking() ?? 'nobody';
    return slots.hold(network, busy, () => fetch(url, limits));
  };
}
