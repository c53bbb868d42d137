import type { Request, Response } from 'express';
import { equalSecrets, randomToken, sha256 } from '../../core/secrets.ts';

/** One cookie a browser, however many sign-ins are under way in it. With https no sibling host can plant it. */
const nameOf = (publicUrl: URL): string =>
  publicUrl.protocol === 'https:' ? '__Host-gatehouse_browser' : 'gatehouse_browser';

/** Makes sure that the browser has the cookie, and returns its hash. `ttl` in seconds. */
export function bindBrowser(request: Request, response: Response, publicUrl: URL, ttl: number): string {
  const value = cookieOf(request, nameOf(publicUrl)) ?? randomToken();
  response.cookie(nameOf(publicUrl), value, {
    path: '/',
    httpOnly: true,
    // Lax: the browser comes back from another site by a link.
    sameSite: 'lax',
    secure: publicUrl.protocol === 'https:',
    maxAge: ttl * 1000,
  });
  return sha256(value);
}

/** Whether the request comes from the browser of that hash. */
export function isBoundBrowser(request: Request, publicUrl: URL, hash: string): boolean {
  const value = cookieOf(request, nameOf(publicUrl));
  return value !== undefined && equalSecrets(sha256(value), hash);
}

/** The value of our own making; one that was sent twice, or has another form, is none. */
function cookieOf(request: Request, name: string): string | undefined {
  const values = (request.get('cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim().split(/=(.*)/s))
    .flatMap(([key, value = '']) => (key === name ? [value] : []));
  const [value] = values;
  return values.length === 1 && value !== undefined && /^[\w-]{20,64}$/.test(value) ? value : undefined;
}
