import type { Client } from 'oidc-provider';
import { isLoopbackHost } from '../../core/public-url.ts';
import { redirectDisplay } from '../clients/redirect-uri.ts';
import type { AskingClient } from '../pages/asking-client.ts';
import { shownText } from '../pages/shown-text.ts';

/** A client and where its code goes, as far as people can judge them. */
export const askingClient = (client: Client, redirectUri: string): AskingClient => ({
  verifiedHost: verifiedHost(client.clientId),
  name: shownText(client.clientName ?? '', 60),
  destination: redirectDisplay(redirectUri),
});

/** The host that vouches for a client: the one that serves its metadata document. This machine vouches for nobody. */
export function verifiedHost(clientId: string): string | undefined {
  const url = clientId.startsWith('https://') ? URL.parse(clientId) : null;
  return url === null || isLoopbackHost(url.hostname) ? undefined : url.host;
}

/**
 * The sources by which `form-action` lets a browser follow the redirect to the client. Browsers hold it against the
 * whole chain, and many clients send the browser on to a page of theirs elsewhere: where no password is typed, https is
 * let in as well. A host that has no place in that grammar (CSP3 §2.3.1), such as an IPv6 literal, is let in by its scheme:
 * a URL parser takes `;` in a host, too, which would begin a directive.
 */
export function formTargets(redirectUri: string, page: 'sign-in' | 'consent'): readonly string[] {
  const { protocol, origin } = new URL(redirectUri);
  const target = HOST_SOURCE.test(origin) ? origin : protocol;
  return page === 'consent' ? [target, 'https:'] : [target];
}

const HOST_SOURCE = /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/;
