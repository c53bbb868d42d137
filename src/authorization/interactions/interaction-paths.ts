/** The path below which this server is published: empty at the root of an origin. */
export const basePath = (publicUrl: URL): string => publicUrl.pathname.replace(/\/$/, '');

/** Where the session cookie is for: a name that no sibling host can plant is for the whole origin (RFC 6265bis §4.1.3.2). */
export const sessionCookiePath = (publicUrl: URL): string =>
  publicUrl.protocol === 'https:' ? '/' : basePath(publicUrl) || '/';

/** Where the page of one interaction is: the provider's `interactions.url`. */
export const interactionPath = (publicUrl: URL, uid: string): string =>
  `${basePath(publicUrl)}/interaction/${encodeURIComponent(uid)}`;

/** Where people sign out. */
export const signOutPath = (publicUrl: URL): string => `${basePath(publicUrl)}/sign-out`;

/** Where an identity provider sends the browser back: what its app is registered with. */
export const callbackUrl = (publicUrl: URL, provider: string): string =>
  new URL(`${basePath(publicUrl)}/auth/callback/${provider}`, publicUrl).href;
