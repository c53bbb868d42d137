/** What a handler may know of the HTTP request that carries its call. */
export interface HttpFacts {
  readonly method: string;
  /** The address of the mount, as it is configured: never what the client wrote. */
  readonly url: string;
  /** A copy without whatever could be a credential. Nothing in it is verified. */
  readonly headers: Headers;
}

/** RFC 9110 §11, RFC 6265, RFC 9449, and the words that products make names of keys, tokens and sessions with. */
const CREDENTIAL =
  /auth|cookie|key|token|secret|passw|pwd|credential|session|dpop|assertion|jwt|saml|signature|hmac|bearer|oidc|cert|client-?principal|user-?info/i;

/** These only sound like it. */
const HARMLESS = new Set(['idempotency-key', 'sec-websocket-key', 'surrogate-key']);

/** The facts of `request`. Headers are copied when they are first looked at. */
export function httpFacts(request: Pick<Request, 'method' | 'url' | 'headers'>): HttpFacts {
  const { method, url } = request;
  let headers: Headers | undefined;
  return Object.freeze({
    method,
    url,
    get headers() {
      headers ??= withoutCredentials(request.headers);
      return headers;
    },
  });
}

function withoutCredentials(headers: Headers): Headers {
  const plain = new Headers();
  for (const [name, value] of headers) if (HARMLESS.has(name) || !CREDENTIAL.test(name)) plain.append(name, value);
  return plain;
}
