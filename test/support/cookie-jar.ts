interface Cookie {
  readonly value: string;
  readonly path: string;
}

/** The cookies of one browser. Like a browser's they are kept by host name, shared between its ports. */
export interface CookieJar {
  /** The `Cookie` header for a request to `url`; empty where there is nothing to send. */
  header(url: URL): string;
  keep(url: URL, setCookies: readonly string[]): void;
}

/** An empty jar. Knows Path, Max-Age and Expires as far as deleting goes. */
export function createCookieJar(): CookieJar {
  const hosts = new Map<string, Map<string, Cookie>>();
  return {
    header: (url) =>
      [...(hosts.get(url.hostname) ?? [])]
        .filter(([, { path }]) => covers(path, url.pathname))
        .map(([key, { value }]) => `${key.slice(0, key.indexOf(';'))}=${value}`)
        .join('; '),
    keep(url, setCookies) {
      const cookies = hosts.get(url.hostname) ?? new Map<string, Cookie>();
      hosts.set(url.hostname, cookies);
      for (const line of setCookies) {
        const { name, value, path, gone } = readCookie(line, url);
        if (gone) cookies.delete(`${name};${path}`);
        else cookies.set(`${name};${path}`, { value, path });
      }
    },
  };
}

const covers = (path: string, pathname: string): boolean =>
  pathname === path || pathname.startsWith(path.endsWith('/') ? path : `${path}/`);

function readCookie(line: string, url: URL) {
  const [pair = '', ...rest] = line.split(';').map((part) => part.trim());
  const attributes = new Map(rest.map((part) => split(part)).map(([name, value]) => [name.toLowerCase(), value]));
  const [name, value] = split(pair);
  const expires = attributes.get('expires');
  return {
    name,
    value,
    path: attributes.get('path') ?? (url.pathname.replace(/\/[^/]*$/, '') || '/'),
    gone: attributes.get('max-age') === '0' || (expires !== undefined && Date.parse(expires) <= Date.now()),
  };
}

function split(part: string): readonly [string, string] {
  const at = part.indexOf('=');
  return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
}
