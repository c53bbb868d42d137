import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A signing key of the fake with the JWK that it publishes. */
export interface IssuerKey {
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** Answers one request of the fake. `body` is what was posted. */
export type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** The places that the fake answers at. */
export type Place = 'metadata' | 'jwks' | 'introspect';

/** An issuer on this machine: metadata, a key set and introspection, each of which can be spoiled. */
export interface FakeIssuer {
  /** Has a path, as issuers of many tenants do. */
  readonly issuer: string;
  readonly origin: string;
  /** The keys that are published; tokens are signed with the first one unless another is named. */
  keys: readonly IssuerKey[];
  /** What else it answers, by path. */
  readonly routes: Map<string, Answer>;
  /** What is answered in place of the good answer. */
  readonly spoiled: Map<Place, Answer>;
  /** Paths that were asked, in order. */
  readonly asked: string[];
  /** Changes to the metadata document. */
  metadata: Record<string, unknown>;
  /** Headers of the key set. */
  headers: Record<string, string>;
  /** What is known of tokens that are introspected. */
  readonly tokens: Map<string, Record<string, unknown>>;
  sign(claims: Record<string, unknown>, header?: Record<string, unknown>, key?: IssuerKey): Promise<string>;
  close(): Promise<void>;
}

/** A fresh key with a `kid` of its own. */
export async function issuerKey(kid: string, alg = 'ES256'): Promise<IssuerKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

const json = (response: ServerResponse, body: unknown, headers: Record<string, string> = {}) =>
  response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

/** Tells of requests that will never be answered, so that no test waits for a time-out. */
export const unanswered = new EventTarget();

/** Everything that a broken server answers. None of it is an answer to anything. */
export const SPOILED: Readonly<Record<string, Answer>> = {
  'status 500': (_request, response) => response.writeHead(500).end('{"keys":[],"active":false}'),
  'status 429': (_request, response) => response.writeHead(429, { 'retry-after': '7' }).end('{}'),
  'an empty body': (_request, response) => response.writeHead(200).end(),
  'an empty object': (_request, response) => json(response, {}),
  'an array': (_request, response) => json(response, []),
  'HTML with status 200': (_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Maintenance</title>'),
  'JSON cut short': (_request, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"keys":[{"kty":'),
  'a body cut short': (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"keys":');
    setImmediate(() => response.destroy());
  },
  'two megabytes': (_request, response) => json(response, { keys: [], more: 'x'.repeat(2 ** 21) }),
  'a gzip bomb': (_request, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
      .end(gzipSync(Buffer.alloc(2 ** 24, ' '))),
  'a redirect': (request, response) =>
    response.writeHead(302, { location: `http://${request.headers.host}/elsewhere` }).end(),
  'no answer': () => unanswered.dispatchEvent(new Event('request')),
  'a closed connection': (request) => request.socket.destroy(),
};

/** Starts one whose issuer has this path; `/`: the origin, with a slash at its end. */
export async function startFakeIssuer(path = '/tenant'): Promise<FakeIssuer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const fake: FakeIssuer = {
    issuer: `${origin}${path}`,
    origin,
    keys: [await issuerKey('k1')],
    routes: new Map(),
    spoiled: new Map(),
    asked: [],
    metadata: {},
    headers: {},
    tokens: new Map(),
    sign(claims, header = {}, key = fake.keys[0]) {
      if (key === undefined) throw new Error('The issuer has no key.');
      const all = { alg: key.alg, typ: 'at+jwt', kid: key.jwk.kid, ...header };
      const known = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
      return new SignJWT(claims)
        .setProtectedHeader(known as { alg: string })
        .sign(key.privateKey, { crit: { 'x-unknown': true } });
    },
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  const places: Readonly<Record<string, Place>> = {
    [`${path.replace(/\/$/, '')}/.well-known/openid-configuration`]: 'metadata',
    '/jwks': 'jwks',
    '/introspect': 'introspect',
  };
  server.on('request', async (request, response) => {
    const url = request.url ?? '';
    fake.asked.push(url);
    const body = await text(request);
    const place = places[url];
    const route = fake.routes.get(new URL(url, origin).pathname);
    if (route !== undefined) route(request, response, body);
    else if (place === undefined) response.writeHead(404).end();
    else (fake.spoiled.get(place) ?? good(fake, place))(request, response, body);
  });
  return fake;
}

function good(fake: FakeIssuer, place: Place): Answer {
  const { issuer, origin, metadata, keys, headers, tokens } = fake;
  if (place === 'metadata') {
    const known = { issuer, jwks_uri: `${origin}/jwks`, introspection_endpoint: `${origin}/introspect`, ...metadata };
    return (_request, response) => json(response, known);
  }
  if (place === 'jwks') return (_request, response) => json(response, { keys: keys.map(({ jwk }) => jwk) }, headers);
  return (_request, response, body) =>
    json(response, tokens.get(new URLSearchParams(body).get('token') ?? '') ?? { active: false });
}
