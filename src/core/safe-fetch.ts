import { isPublicAddress } from './public-address.ts';
import { isLoopbackHost } from './public-url.ts';
import { FetchFailed } from './safe-fetch/fetch-failed.ts';
import { fetchSlots } from './safe-fetch/fetch-slots.ts';
import { checkFetchableUrl, type FetchRules } from './safe-fetch/fetchable-url.ts';
import { type Connect, connectPinned, type FetchAnswer, requestPinned } from './safe-fetch/pinned-request.ts';
import { type Resolve, resolveName } from './safe-fetch/resolve-name.ts';

export { FetchFailed } from './safe-fetch/fetch-failed.ts';
export { checkFetchableUrl, type FetchRules } from './safe-fetch/fetchable-url.ts';
export type { FetchAnswer } from './safe-fetch/pinned-request.ts';

/** Where the fetch may go and how much of it at once. The defaults suit production. */
export interface SafeFetchOptions extends FetchRules {
  /** Fetches under way in all (default 64) and to one host (default 4). Beyond them: `FetchFailed` with fault `busy`. */
  readonly maxConcurrent?: number;
  readonly maxConcurrentPerHost?: number;
  /** Certificate authorities (PEM) in place of the machine's. */
  readonly ca?: string;
  /** Asks for the addresses of a name. */
  readonly resolve?: Resolve;
  /** Opens the socket to addresses that have been checked. */
  readonly connect?: Connect;
}

/** What one fetch may cost: bytes of body (default 5,120) and milliseconds from name lookup to last byte (default 5,000). */
export interface FetchLimits {
  readonly maxBytes?: number;
  readonly timeoutMs?: number;
}

/** GETs a URL that a stranger named. Rejects with `FetchFailed` and nothing else. */
export type SafeFetch = (url: string, limits?: FetchLimits) => Promise<FetchAnswer>;

/**
 * Builds the one way out to URLs that strangers name: https on port 443 of public hosts; the name is looked up once,
 * every address must be public, and the socket goes to those addresses only; no redirect, no content coding, no
 * credentials, the certificate always checked; body and time are limited, and so is the number at once.
 */
export function safeFetch(options: SafeFetchOptions = {}): SafeFetch {
  const { resolve = resolveName, connect = connectPinned, ca } = options;
  const slots = fetchSlots(options.maxConcurrent ?? 64, options.maxConcurrentPerHost ?? 4);
  return async (text, { maxBytes = 5120, timeoutMs = 5000 } = {}) => {
    const fault = checkFetchableUrl(text, options);
    if (fault !== undefined) throw new FetchFailed('url_not_allowed', fault);
    const url = new URL(text);
    if (!slots.take(url.host)) throw new FetchFailed('too_many_fetches', 'Too many fetches are under way.');
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const addresses = await addressesOf(url.hostname, resolve, signal);
      return await requestPinned({ url, addresses, connect, ca, maxBytes, signal });
    } catch (error) {
      throw asFetchFailed(error, signal);
    } finally {
      slots.release(url.host);
    }
  };
}

/** Loopback hosts got here by the development exception only; they are not asked of a name server. */
async function addressesOf(hostname: string, resolve: Resolve, signal: AbortSignal): Promise<readonly string[]> {
  if (hostname === 'localhost') return ['127.0.0.1', '::1'];
  if (isLoopbackHost(hostname)) return [hostname.replace(/^\[|\]$/g, '')];
  const addresses = await Promise.race([resolve(hostname, signal), aborted(signal)]).catch((cause: unknown) => {
    throw new FetchFailed('name_not_resolved', 'The host name of the URL could not be resolved.', cause);
  });
  if (addresses.length === 0 || !addresses.every(isPublicAddress)) {
    throw new FetchFailed('address_not_public', 'The host name of the URL leads to an address that is not public.');
  }
  return addresses;
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));

const TLS_CODE = /^(?:CERT_|DEPTH_ZERO_|ERR_SSL_|ERR_TLS_|SELF_SIGNED_|UNABLE_TO_|EPROTO)/;

function asFetchFailed(error: unknown, signal: AbortSignal): FetchFailed {
  if (signal.aborted) return new FetchFailed('timed_out', 'The far side did not answer in time.', error);
  if (error instanceof FetchFailed) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return TLS_CODE.test(code)
    ? new FetchFailed('tls_failed', 'The far side has no valid certificate for its name.', error)
    : new FetchFailed('connection_failed', 'The connection to the far side failed.', error);
}
