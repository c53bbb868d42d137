const MAX_LENGTH = 2048;
/** A segment of one or two dots, however its dots and the marks around it are encoded, also before `;` (`..;/`). */
const DOT_SEGMENT = /(?:^|\/|%(?:25)*(?:2f|5c))(?:\.|%(?:25)*2e){1,2}(?=$|[/;]|%(?:25)*(?:2f|5c|3b))/i;

/** A host, or an IPv6 literal, and a port. A URL parser lets `;` and `,` stand there too, which end a directive in a header. */
const PLAIN_AUTHORITY = /^\/\/(?:[a-z0-9._*-]*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i;

/** A URL, or in words what about its text two parsers could read in two ways. */
export type PlainUrl = { readonly url: URL } | { readonly fault: string };

/**
 * Reads an absolute URL that every parser reads alike: at most 2,048 printable ASCII characters, no backslash,
 * fragment, user info or dot segment (none of them empty or encoded), and written as a URL parser would write it.
 */
export function readPlainUrl(text: string): PlainUrl {
  if (text.length > MAX_LENGTH) return { fault: `is longer than ${MAX_LENGTH} characters` };
  if (!/^[\x21-\x7e]+$/.test(text)) return { fault: 'holds a space, a control or a non-ASCII character' };
  if (text.includes('\\')) return { fault: 'holds a backslash' };
  if (text.includes('#')) return { fault: 'has a fragment' };
  const url = URL.parse(text);
  if (!url) return { fault: 'is not an absolute URL' };
  const [, authority = '', path = ''] = /^[^:]*:(\/\/[^/?]*)?([^?]*)/.exec(text) ?? [];
  if (authority.includes('@')) return { fault: 'has user info' };
  if (DOT_SEGMENT.test(path)) return { fault: 'has a dot segment' };
  if (url.href !== withRootSlash(text)) return { fault: `is not in its canonical form (${url.href})` };
  if (authority !== '' && !PLAIN_AUTHORITY.test(authority)) return { fault: 'names a host that no host name can be' };
  return { url };
}

/** `https://c.example` and `https://c.example?q` name the root path without writing it (RFC 3986 §6.2.3). */
const withRootSlash = (text: string): string => text.replace(/^(https?:\/\/[^/?]+)(?=$|\?)/, '$1/');
