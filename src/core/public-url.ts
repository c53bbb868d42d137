const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether a host name of a URL stands for this machine only. */
export const isLoopbackHost = (hostname: string): boolean => LOOPBACK.test(hostname);

/**
 * Reads the one URL that everything public is derived from. Throws an Error that ends the sentence "PUBLIC_URL …":
 * https (http only on loopback), no user info, query or fragment (RFC 8414 §2), no trailing slash needed.
 */
export function readPublicUrl(text: string): URL {
  if (!URL.canParse(text)) throw new Error('must be an absolute URL such as https://mcp.example.com');
  const url = new URL(text);
  if (/[?#@]/.test(text)) throw new Error('must have no user info, query or fragment');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopbackHost(url.hostname))) {
    throw new Error('must be https (plain http is allowed for localhost only)');
  }
  if (/%|\/\/|\/\.{1,2}(\/|$)|[A-Z]/.test(url.pathname)) {
    throw new Error('must have a path of plain lower-case segments, or none');
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}

/** The URL as it is published: no trailing slash. This is the issuer (RFC 8414 §2). */
export const publishedUrl = (url: URL): string => url.href.replace(/\/$/, '');
