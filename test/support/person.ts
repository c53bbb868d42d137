import { createCookieJar } from './cookie-jar.ts';
import { type Walker, walk } from './form-walker.ts';

/** Somebody with a browser of their own, cookies kept from one visit to the next. */
export interface Person {
  /** Every authorization URL they were sent to, oldest first. */
  readonly visited: readonly URL[];
  /** Signs in and decides, then calls the client's redirect URI like a browser would. */
  open(authorizeUrl: string | URL, choices?: Partial<Walker>): Promise<void>;
  /** The same without the call: the redirect with its parameters. */
  arriveAt(authorizeUrl: string | URL, choices?: Partial<Walker>): Promise<URL>;
}

/** A person who opens what a client asks them to. */
export function createPerson(username: string, password: string): Person {
  const jar = createCookieJar();
  const visited: URL[] = [];
  const arriveAt = (authorizeUrl: string | URL, choices: Partial<Walker> = {}): Promise<URL> => {
    const url = new URL(authorizeUrl);
    visited.push(url);
    const redirectUri = url.searchParams.get('redirect_uri') ?? '';
    return walk(url, { username, password, redirectUri, jar, ...choices });
  };
  return {
    visited,
    arriveAt,
    async open(authorizeUrl, choices) {
      const response = await fetch(await arriveAt(authorizeUrl, choices));
      await response.body?.cancel();
    },
  };
}
