import { type Credential, type Refusal, readRefusal, refusalError } from './credential.ts';

/** What a fetch with a credential is made of. */
export interface AuthorizedFetchParts {
  readonly fetch: typeof globalThis.fetch;
  readonly credential: Credential;
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
 */
export function authorizedFetch(parts: AuthorizedFetchParts): typeof globalThis.fetch {
  const { fetch, credential, isFor, stepUp, refused } = parts;
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (!isFor(url, init?.method ?? 'GET')) return fetch(input, init);
    for (let attempt = 0; ; attempt += 1) {
      const sent = await credential.headers();
      const response = await fetch(input, withHeaders(init, sent));
      const refusal = readRefusal(response, sent);
      if (refusal === undefined) return response;
      await response.body?.cancel();
      if (refusal.kind === 'scope') refused(refusal);
      const mayRenew = attempt < MOST && (stepUp || refusal.kind === 'unauthorized');
      if (!mayRenew || !(await credential.renew(refusal))) throw refusalError(refusal);
    }
  };
}

function withHeaders(init: RequestInit | undefined, added: Readonly<Record<string, string>>): RequestInit {
  const headers = new Headers(init?.headers);
  for (const [name, value] of Object.entries(added)) headers.set(name, value);
  return { ...init, headers };
}
