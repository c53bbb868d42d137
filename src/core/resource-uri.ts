/**
 * The canonical form of a resource identifier (RFC 8707 §2): absolute http(s), lower-case scheme and host, no user
 * info, query or fragment, default port and a lone root slash left out. Undefined where the text has no such form.
 */
export function canonicalResource(text: string): string | undefined {
  if (/[^\x21-\x7e]|[#?@\\]|%2e|%2f|%5c/i.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, origin, pathname } = new URL(text);
  if (protocol !== 'https:' && protocol !== 'http:') return undefined;
  const canonical = origin + (pathname === '/' ? '' : pathname);
  return sameButForCase(text, canonical, protocol) ? canonical : undefined;
}

/** Only case of scheme and host, the default port and the root slash may differ; a path is taken as it is. */
function sameButForCase(text: string, canonical: string, protocol: 'https:' | 'http:'): boolean {
  const authority = /^[a-z]+:\/\/[^/]+/i.exec(text)?.[0] ?? '';
  const path = text.slice(authority.length);
  const defaultPort = protocol === 'https:' ? /:443$/ : /:80$/;
  return canonical === authority.toLowerCase().replace(defaultPort, '') + (path === '/' ? '' : path);
}
