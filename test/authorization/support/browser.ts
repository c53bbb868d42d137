import { PASSWORD } from './world.ts';

/** A page or redirect, as the browser got it. */
export interface Landing {
  readonly status: number;
  readonly url: string;
  readonly location: string | undefined;
  readonly html: string;
  readonly headers: Headers;
}

/** A browser without scripts: it keeps cookies with their paths, follows redirects of its origin, submits forms. */
export function browser(origin: string) {
  const jar = new Map<string, { readonly value: string; readonly path: string }>();

  const cookieHeader = (path: string): string =>
    [...jar.values()]
      .filter((cookie) => path.startsWith(cookie.path))
      .map(({ value }) => value)
      .join('; ');
  const keepCookies = (headers: Headers): void => {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const path = attributes.find((part) => /^path=/i.test(part))?.slice(5) ?? '/';
      const gone = pair.endsWith('=') || /expires=Thu, 01 Jan 1970/i.test(line);
      const key = `${path} ${pair.slice(0, pair.indexOf('='))}`;
      if (gone) jar.delete(key);
      else jar.set(key, { value: pair, path });
    }
  };
  const send = async (url: string, init: RequestInit = {}): Promise<Landing> => {
    const target = new URL(url, origin);
    const headers = new Headers(init.headers);
    headers.set('cookie', cookieHeader(target.pathname));
    const response = await fetch(target, { ...init, headers, redirect: 'manual' });
    keepCookies(response.headers);
    const location = response.headers.get('location') ?? undefined;
    return {
      status: response.status,
      url: target.href,
      location,
      html: location === undefined ? await response.text() : '',
      headers: response.headers,
    };
  };
  const follow = async (first: Landing): Promise<Landing> => {
    let landing = first;
    while (landing.location !== undefined) {
      const next = new URL(landing.location, landing.url);
      if (next.origin !== new URL(origin).origin || next.pathname.includes('callback')) return landing;
      landing = await send(next.href);
    }
    return landing;
  };
  const submit = (page: Landing, fields: readonly (readonly [string, string])[]): Promise<Landing> => {
    const action = /<form method="post" action="([^"]+)"/.exec(page.html)?.[1] ?? '';
    const token = /name="form" value="([^"]+)"/.exec(page.html)?.[1] ?? '';
    const body = new URLSearchParams([
      ['form', token],
      ...fields.map(([name, value]): [string, string] => [name, value]),
    ]);
    return send(new URL(action, page.url).href, { method: 'POST', body, headers: { origin: new URL(origin).origin } });
  };
  return {
    jar,
    send,
    follow,
    submit,
    /** Opens a URL and goes on until a page or the client's redirect URI. */
    open: async (url: string): Promise<Landing> => follow(await send(url)),
    /** Signs in where a sign-in page shows, allows everything that is asked, and ends at the client's redirect URI. */
    async allow(url: string, { username = 'alice', scopes }: { username?: string; scopes?: readonly string[] } = {}) {
      let page = await follow(await send(url));
      if (page.html.includes('name="password"')) {
        page = await follow(
          await submit(page, [
            ['username', username],
            ['password', PASSWORD],
          ]),
        );
      }
      if (page.html.includes('name="decision"')) {
        const offered = [...page.html.matchAll(/name="scope" value="([^"]+)"/g)].map((match) => match[1] ?? '');
        const ticked = offered.filter((scope) => scopes === undefined || scopes.includes(scope));
        const fields = ticked.map((scope) => ['scope', scope] as const);
        page = await follow(await submit(page, [...fields, ['decision', 'approve']]));
      }
      return page;
    },
  };
}

export type Browser = ReturnType<typeof browser>;
