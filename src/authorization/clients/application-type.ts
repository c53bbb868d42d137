import { isLoopbackHost } from '../../core/public-url.ts';
import { isLoopbackRedirect } from './redirect-uri.ts';

/** OpenID Connect Registration §2. A `native` client has port freedom on loopback and may use private schemes. */
export type ApplicationType = 'web' | 'native';

/**
 * The application type that goes with redirect URIs which have passed `checkRedirectUri`, or in words why the claimed
 * one does not. Where none is claimed it is inferred, since most clients leave it out and the default of `web` would
 * refuse their loopback redirects.
 */
export function applicationType(
  redirectUris: readonly string[],
  claimed: ApplicationType | undefined,
): { readonly type: ApplicationType } | { readonly fault: string } {
  const own = redirectUris.find((uri) => isLoopbackRedirect(uri) || !uri.startsWith('https:'));
  const httpsLoopback = redirectUris.find((uri) => uri.startsWith('https:') && isLoopbackHost(new URL(uri).hostname));
  if (own === undefined) return { type: httpsLoopback === undefined ? (claimed ?? 'web') : 'web' };
  if (claimed === 'web') {
    return { fault: `A web application cannot use ${own}: register as application_type native, or use https.` };
  }
  if (httpsLoopback !== undefined) {
    return { fault: `A native application cannot use ${httpsLoopback}: use http on loopback (RFC 8252, section 7.3).` };
  }
  return { type: 'native' };
}
