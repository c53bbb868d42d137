import { providerFetch } from '../core/provider-fetch.ts';
import { isLoopbackHost } from '../core/public-url.ts';
import { leadsToThisMachine } from '../core/this-machine.ts';

/**
 * Fetch for metadata, registration and tokens on behalf of `resource`: https alone, and never this machine, unless the
 * resource is on this machine itself. Nothing is redirected; time and size are limited. Rejects with TypeError for a URL
 * that may not be asked, and with Unavailable.
 */
export function oauthFetch(fetch: typeof globalThis.fetch, resource: URL): typeof globalThis.fetch {
  const limited = providerFetch(fetch);
  return async (input, init) => {
    checkSentTo(new URL(input instanceof Request ? input.url : input), resource);
    return limited(input, init);
  };
}

/** The same rule for a page that a person is sent to. Throws TypeError. */
export function checkSentTo(url: URL, resource: URL): void {
  const web = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackHost(url.hostname));
  if (web && (!leadsToThisMachine(url.hostname) || leadsToThisMachine(resource.hostname))) return;
  throw new TypeError(
    `${resource.origin} sends to ${url.protocol}//${url.host}: that must be https, and not this machine.`,
  );
}
