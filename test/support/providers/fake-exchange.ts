import { type FakeDirect, MACHINE, type Recorded } from './fake-direct.ts';
import type { Answer } from './fake-issuer.ts';

/** The token endpoint of a provider, taught to exchange tokens (RFC 8693). */
export interface FakeExchange {
  /** What was posted, with the header that the app proved itself by. */
  readonly asked: { readonly form: URLSearchParams; readonly authorization: string | undefined }[];
  /** Tokens that were given, in order. */
  readonly given: string[];
  /** Changes to the good answer. */
  changes: Readonly<Record<string, unknown>>;
  /** What is answered in place of it. */
  refusal: Recorded | undefined;
  /** Spoils the answer altogether. */
  spoiled: Answer | undefined;
}

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** Teaches it: every token that comes from the app called MACHINE is exchanged. */
export function exchangesTokens({ fake, tokenEndpoint }: FakeDirect): FakeExchange {
  const { pathname } = new URL(tokenEndpoint);
  const other = fake.routes.get(pathname);
  const exchange: FakeExchange = { asked: [], given: [], changes: {}, refusal: undefined, spoiled: undefined };
  fake.routes.set(pathname, (request, response, body) => {
    const form = new URLSearchParams(body);
    if (form.get('grant_type') !== GRANT) return other?.(request, response, body);
    const { authorization } = request.headers;
    exchange.asked.push({ form, authorization });
    if (exchange.spoiled !== undefined) return exchange.spoiled(request, response, body);
    const [status, answer] = exchange.refusal ?? (provesApp(form, authorization) ? good(exchange) : NOT_OURS);
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    response.end(JSON.stringify(answer));
  });
  return exchange;
}

const NOT_OURS: Recorded = [401, { error: 'invalid_client', error_description: 'Invalid client credentials' }];

function good(exchange: FakeExchange): Recorded {
  const token = `exchanged-EXAMPLE-${exchange.given.length + 1}`;
  exchange.given.push(token);
  const answer = {
    access_token: token,
    issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    token_type: 'Bearer',
    expires_in: 300,
    scope: 'files:read',
    ...exchange.changes,
  };
  return [200, answer];
}

function provesApp(form: URLSearchParams, authorization: string | undefined): boolean {
  const { id, secret } = MACHINE;
  if (form.has('client_secret')) return form.get('client_id') === id && form.get('client_secret') === secret;
  const sent = Buffer.from((authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
  return decodeURIComponent(sent) === `${id}:${secret}`;
}
