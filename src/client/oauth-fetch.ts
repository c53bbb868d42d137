import { providerFetch } from '../core/provider-fetch.ts';
import { isLoopbackHost } from '../core/public-url.ts';

/**
 * Fetch for metadata, registration and tokens on behalf of `resource`: https alone, and never this machine, unless the
 * resource is on this machine itself. Nothing is redirected; time and size are limited. Rejects with TypeError for a URL
 * that may not be asked, and with Unavailable.
 */
export function oauthFetch(fetch: typeof globalThis.fetch, resource: URL): typeof globalThis.fetch {
  const limited = providerFetch(fetch);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (isLoopbackHost(url.hostname) ? !isLoopbackHost(resource.hostname) : url.protocol !== 'https:') {
      throw new TypeError(`${resource.origin} sends to ${url.origin}: that must be https, and not this machine.`);
    }
    return limited(input, init);
  };
}
