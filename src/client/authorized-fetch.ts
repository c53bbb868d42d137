import { type Credential, type Refusal, readRefusal, refusalError } from './credential.ts';

/** What a fetch with a credential is made of. */
export interface AuthorizedFetchParts {
  readonly fetch: typeof globalThis.fetch;
  readonly credential: Credential;
  /** Sent with the credential, and like it nowhere else. */
  readonly headers: Headers;
  /** Whether the credential may be sent to a URL. Anything else is fetched without it. */
  isFor(url: URL, method: string): boolean;
  /** Whether a 403 for missing scope is worth a better credential. */
  readonly stepUp: boolean;
  refused(refusal: Refusal): void;
}

/** How often one request is sent again with a better credential. */
const MOST = 2;

/**
 * Fetch that proves who calls, and tries again with a better credential where the server refuses one. Rejects with
 * SignInNeeded for a 401 and with InsufficientScopeError for a 403 that no credential at hand mends: nobody is asked here.
 * No redirect is followed: a message would go on without its token, or with it to where it does not belong.
 */
export function authorizedFetch(parts: AuthorizedFetchParts): typeof globalThis.fetch {
  const { fetch, credential, headers, isFor, stepUp, refused } = parts;
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!isFor(url, init?.method ?? 'GET')) return fetch(input, init);
    for (let attempt = 0; ; attempt += 1) {
      const sent = await credential.headers();
      const all = joined([...headers], [...new Headers(init?.headers)], Object.entries(sent));
      const response = await fetch(input, { ...init, headers: all, redirect: 'manual' });
      await checkStays(response, url);
      const refusal = readRefusal(response, sent);
      if (refusal === undefined) return response;
      await response.body?.cancel();
      if (refusal.kind === 'scope') refused(refusal);
      const mayRenew = attempt < MOST && (stepUp || refusal.kind === 'unauthorized');
      if (!mayRenew || !(await credential.renew(refusal))) throw refusalError(refusal);
    }
  };
}

/** Of several by one name the last one counts. */
function joined(...parts: readonly (readonly (readonly [string, string])[])[]): Headers {
  const headers = new Headers();
  for (const [name, value] of parts.flat()) headers.set(name, value);
  return headers;
}

async function checkStays(response: Response, url: URL): Promise<void> {
  if (response.status < 300 || response.status >= 400) return;
  await response.body?.cancel();
  const to = URL.parse(response.headers.get('location') ?? '', url.href);
  const where = to === null ? 'nowhere' : `${to.origin}${to.pathname}`;
  throw new Error(`${url.origin}${url.pathname} redirects to ${where}: connect to that, if it is the server you mean.`);
}
