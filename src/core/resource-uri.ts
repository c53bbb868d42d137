/**
 * The canonical form of a resource identifier (RFC 8707 §2): absolute http(s), lower-case scheme and host, no user
 * info, query or fragment, default port and a lone root slash left out. Undefined where the text has no such form.
 */
export function canonicalResource(text: string): string | undefined {
  if (/[#?@\\\s]|%2e|%2f|%5c/i.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  const path = url.pathname === '/' ? '' : url.pathname;
  const canonical = `${url.origin}${path}`;
  return sameButForCase(text, canonical) ? canonical : undefined;
}

/** Only case of scheme and host, the default port and the root slash may differ; a path is taken as it is. */
function sameButForCase(text: string, canonical: string): boolean {
  const authority = /^[a-z]+:\/\/[^/]+/i.exec(text)?.[0];
  if (authority === undefined) return false;
  const path = text.slice(authority.length);
  return canonical === new URL(authority).origin + (path === '/' ? '' : path);
}
