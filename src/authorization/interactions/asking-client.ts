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
 * let in as well. An IPv6 literal has no place in that grammar (CSP3 §2.3.1), so it is let in by its scheme.
 */
export function formTargets(redirectUri: string, page: 'sign-in' | 'consent'): readonly string[] {
  const url = new URL(redirectUri);
  const web = url.protocol === 'https:' || url.protocol === 'http:';
  const target = web && !url.hostname.startsWith('[') ? url.origin : url.protocol;
  return page === 'consent' ? [target, 'https:'] : [target];
}
