/** RFC 6570 §3.2.1: all but unreserved characters. */
export const encoded = (value: string): string =>
  encodeURIComponent(value).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** A part of a URI in the one spelling that all others of it come to: encoded. What is not well encoded stays as it is. */
export function plainPart(part: string): string {
  try {
    return encoded(decodeURIComponent(part));
  } catch {
    return part;
  }
}

/** The same of each part of the path. The query stays. */
export function plainUri(uri: string): string {
  const { start, path, query } = partsOf(uri);
  return start + plainPath(path) + query;
}

/** The same of the query, too, where order and empty members make no difference. */
function plainWhole(uri: string): string {
  const { start, path, query } = partsOf(uri);
  const members = query
    .slice(1)
    .split('&')
    .filter((member) => !/^[^=]*=?$/.test(member))
    .map((member) => member.split('=').map(plainPart).join('='));
  return [start + plainPath(path), ...members.sort()].join('?');
}

/** Of these URIs, the one that is `uri` in another spelling, or itself; of several, the first. */
export function spelledBy(uris: Iterable<string>): (uri: string) => string | undefined {
  const known = new Map<string, string>();
  for (const uri of uris) {
    const plain = plainWhole(uri);
    if (!known.has(plain)) known.set(plain, uri);
  }
  return (uri) => known.get(plainWhole(uri));
}

const plainPath = (path: string): string => path.split('/').map(plainPart).join('/');

function partsOf(uri: string) {
  const start = /^[a-z][a-z0-9+.-]*:/i.exec(uri)?.[0] ?? '';
  const mark = uri.indexOf('?');
  const end = mark === -1 ? uri.length : mark;
  return { start, path: uri.slice(start.length, end), query: uri.slice(end) };
}
