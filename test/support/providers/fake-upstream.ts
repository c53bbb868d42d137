import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** What an identity provider's endpoint answers. */
export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A request as the fake has seen it. */
export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly form: URLSearchParams;
  /** The body, where it was sent as JSON. */
  readonly json: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Answers a path; undefined where the fake should go on as usual. A promise that never settles is a server that stalls. */
export type FakeRoute = (request: FakeRequest) => FakeAnswer | undefined | Promise<FakeAnswer | undefined>;

/** An OpenID provider that signs everybody in at once, and does anything else that a test tells it to. */
export interface FakeUpstream {
  readonly url: string;
  readonly requests: readonly FakeRequest[];
  /** Looked at before the usual answers, by path. */
  readonly routes: Map<string, FakeRoute>;
  /** Other paths of its own endpoints, such as `/oauth2/v2.0/token` of `/token`. */
  readonly aliases: Map<string, string>;
  /** Claims of whoever signs in next. */
  user: Readonly<Record<string, unknown>>;
  /** More for the next token answers; `undefined` takes a member away. */
  tokens: Readonly<Record<string, unknown>>;
  /** Changes to the claims of the next ID tokens. */
  idToken: Readonly<Record<string, unknown>>;
  /** Makes its own dialect of a token answer. */
  dialect: (body: Readonly<Record<string, unknown>>, isRefresh: boolean) => unknown;
  /** What a code or refresh token that is not good is answered with. */
  refusal: FakeAnswer;
  /** Refresh tokens that are good. */
  readonly refreshTokens: Set<string>;
  /** How often a path was asked. */
  count(path: string): number;
  close(): Promise<void>;
}

const token = (): string => randomBytes(18).toString('base64url');

/** RFC 6749 §2.3.1: form-encoded before Basic. */
const basicId = (header: unknown): string =>
  decodeURIComponent(Buffer.from(String(header).slice(6), 'base64').toString().split(':')[0] ?? '');

/** Starts one on a port of its own. Endpoints: /authorize, /token, /userinfo, /revoke, /jwks and the discovery document. */
export async function fakeUpstream(): Promise<FakeUpstream> {
  const { privateKey, publicKey } = await generateKeyPair('RS256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'fake-1', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, URLSearchParams>();
  const requests: FakeRequest[] = [];

  const sign = (claims: Readonly<Record<string, unknown>>): Promise<string> =>
    new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'fake-1', typ: 'JWT' }).sign(privateKey);

  const issue = async (clientId: string, asked: URLSearchParams | undefined): Promise<FakeAnswer> => {
    const now = Math.floor(Date.now() / 1000);
    const refresh = token();
    fake.refreshTokens.add(refresh);
    const nonce = asked?.get('nonce') ?? undefined;
    const claims = { iss: fake.url, aud: clientId, iat: now, exp: now + 300, nonce, ...fake.user, ...fake.idToken };
    const body = {
      access_token: token(),
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: refresh,
      scope: asked?.get('scope') ?? 'openid',
      // At a refresh too (OpenID Connect Core §12.2).
      ...((asked === undefined || asked.get('scope')?.includes('openid')) && { id_token: await sign(claims) }),
      ...fake.tokens,
    };
    return { body: fake.dialect(body, asked === undefined) };
  };

  const usual: Readonly<Record<string, FakeRoute>> = {
    '/authorize': ({ query }) => {
      const code = token();
      codes.set(code, query);
      const back = new URL(query.get('redirect_uri') ?? '');
      back.searchParams.set('code', code);
      back.searchParams.set('state', query.get('state') ?? '');
      return { status: 302, headers: { location: back.href } };
    },
    '/token': async ({ form, headers }) => {
      const clientId = form.get('client_id') ?? basicId(headers.authorization);
      const isRefresh = form.get('grant_type') === 'refresh_token';
      const asked = codes.get(form.get('code') ?? '');
      codes.delete(form.get('code') ?? '');
      const good = isRefresh ? fake.refreshTokens.delete(form.get('refresh_token') ?? '') : asked !== undefined;
      return good ? issue(clientId, asked) : fake.refusal;
    },
    '/userinfo': () => ({ body: fake.user }),
    '/revoke': () => ({ status: 200 }),
    '/jwks': () => ({ body: { keys: [jwk] } }),
    '/.well-known/openid-configuration': () => ({
      body: {
        issuer: fake.url,
        authorization_endpoint: `${fake.url}/authorize`,
        token_endpoint: `${fake.url}/token`,
        userinfo_endpoint: `${fake.url}/userinfo`,
        revocation_endpoint: `${fake.url}/revoke`,
        jwks_uri: `${fake.url}/jwks`,
        code_challenge_methods_supported: ['S256'],
      },
    }),
  };

  const server = createServer(async (incoming, response) => {
    let text = '';
    for await (const chunk of incoming.setEncoding('utf8')) text += chunk;
    const { pathname, searchParams: query } = new URL(incoming.url ?? '/', fake.url);
    const path = fake.aliases.get(pathname) ?? pathname;
    const { method = 'GET', headers } = incoming;
    const json: unknown = headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : undefined;
    const request = { method, path, query, form: new URLSearchParams(text), json, headers };
    requests.push(request);
    const answer = (await fake.routes.get(path)?.(request)) ?? (await usual[path]?.(request)) ?? { status: 404 };
    const sent =
      typeof answer.body === 'string' || answer.body === undefined ? answer.body : JSON.stringify(answer.body);
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers }).end(sent);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const fake: FakeUpstream = {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    requests,
    routes: new Map(),
    aliases: new Map(),
    user: { sub: 'person-1', name: 'Ada', preferred_username: 'ada', email: 'ada@example.com', email_verified: true },
    tokens: {},
    idToken: {},
    dialect: (body) => body,
    refusal: { status: 400, body: { error: 'invalid_grant' } },
    refreshTokens: new Set(),
    count: (path) => requests.filter((request) => request.path === path).length,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return fake;
}
