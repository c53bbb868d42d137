import type { Response } from 'express';
import { equalSecrets, randomToken, sha256 } from '../../core/secrets.ts';

/** A request, of Express or Koa. */
interface Asking {
  get(header: 'cookie'): string | undefined;
}

/** One cookie a browser, however many sign-ins are under way in it. With https no sibling host can plant it. */
const nameOf = (publicUrl: URL): string =>
  publicUrl.protocol === 'https:' ? '__Host-gatehouse_browser' : 'gatehouse_browser';

/** Milliseconds, more than any request waits: one that ends soon must not end the cookie of the others. */
const KEPT = 86_400_000;

/** Makes sure that the browser has the cookie, and returns its hash. */
export function bindBrowser(request: Asking, response: Response, publicUrl: URL): string {
  const value = cookieOf(request, nameOf(publicUrl)) ?? randomToken();
  response.cookie(nameOf(publicUrl), value, {
    path: '/',
    httpOnly: true,
    // Lax: the browser comes back from another site by a link.
    sameSite: 'lax',
    secure: publicUrl.protocol === 'https:',
    maxAge: KEPT,
  });
  return sha256(value);
}

/** Whether the request comes from the browser of that hash. */
export function isBoundBrowser(request: Asking, publicUrl: URL, hash: string): boolean {
  const value = cookieOf(request, nameOf(publicUrl));
  return value !== undefined && equalSecrets(sha256(value), hash);
}

/** The value of our own making; one that was sent twice, or has another form, is none. */
function cookieOf(request: Asking, name: string): string | undefined {
  const values = (request.get('cookie') ?? '')
    .split(';')
    .map((pair) => pair.trim().split(/=(.*)/s))
    .flatMap(([key, value = '']) => (key === name ? [value] : []));
  const [value] = values;
  return values.length === 1 && value !== undefined && /^[\w-]{20,64}$/.test(value) ? value : undefined;
}
