import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { type FakeIssuer, startFakeIssuer } from './fake-issuer.ts';

/** A status and a body, as the provider was seen to answer. */
export type Recorded = readonly [status: number, body: Readonly<Record<string, unknown>>];

/** What a token is asked for. */
export interface Asked {
  readonly issuer: string;
  /** The mount that it is for. */
  readonly audience: string;
  readonly client: string;
  readonly scopes: readonly string[];
}

/** How one provider speaks to clients that sign people in at it. */
export interface DirectDialect {
  /** Of the issuer. */
  readonly path: string;
  /** Below `base`: the issuer without a slash at its end; or the origin, with a leading `//`. */
  readonly endpoints: Readonly<Record<'authorize' | 'token' | 'register' | 'jwks', string>>;
  /** More of its discovery document; undefined takes a member away. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Where a request for a token names the audience. A provider that has one for all is told it beforehand. */
  readonly audienceIn: readonly ('resource' | 'audience')[] | 'fixed';
  readonly header: Readonly<Record<string, unknown>>;
  person(asked: Asked): Record<string, unknown>;
  machine(asked: Asked): Record<string, unknown>;
  readonly errors: Readonly<Record<'code' | 'client' | 'audience', Recorded>>;
  /** More for each token answer. */
  readonly answer?: Readonly<Record<string, unknown>>;
}

/** A provider that registers every client, signs everybody in at once, and gives tokens of its dialect. */
export interface FakeDirect {
  readonly fake: FakeIssuer;
  readonly tokenEndpoint: string;
  /** The audience of everything, where requests name none. */
  audience: string;
  /** A token of a person for `audience`. */
  mint(audience: string, scopes: readonly string[], changes?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

/** The machine that every fake knows. */
export const MACHINE = { id: 'machine-EXAMPLE', secret: 'not-a-secret-EXAMPLE' };

const send = (response: ServerResponse, status: number, body: unknown) =>
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body));

/** Starts one. */
export async function startFakeDirect(dialect: DirectDialect): Promise<FakeDirect> {
  const fake = await startFakeIssuer(dialect.path);
  const base = fake.issuer.replace(/\/$/, '');
  const at = (name: keyof DirectDialect['endpoints']) => {
    const path = dialect.endpoints[name];
    return path.startsWith('//') ? `${fake.origin}${path.slice(1)}` : `${base}${path}`;
  };
  const codes = new Map<string, URLSearchParams>();
  const { metadata, person, machine, errors } = dialect;
  fake.metadata = {
    authorization_endpoint: at('authorize'),
    token_endpoint: at('token'),
    registration_endpoint: at('register'),
    jwks_uri: at('jwks'),
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    code_challenge_methods_supported: ['S256', 'plain'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic', 'client_secret_post'],
    introspection_endpoint: undefined,
    ...metadata,
  };
  const signed = (claims: Record<string, unknown>) => {
    const now = Math.floor(Date.now() / 1000);
    return fake.sign({ iat: now, exp: now + 300, ...claims }, dialect.header);
  };
  const audienceOf = (asked: URLSearchParams) =>
    dialect.audienceIn === 'fixed'
      ? direct.audience
      : dialect.audienceIn.map((name) => asked.get(name)).find((value) => value !== null);
  const grant = async (response: ServerResponse, form: URLSearchParams, header: string | undefined) => {
    const asked = form.get('grant_type') === 'client_credentials' ? form : codes.get(form.get('code') ?? '');
    codes.delete(form.get('code') ?? '');
    if (asked === undefined || !provesPkce(asked, form)) return send(response, ...errors.code);
    const [client, secret] = credentials(form, header);
    const own = asked === form;
    if (own && (client !== MACHINE.id || secret !== MACHINE.secret)) return send(response, ...errors.client);
    const audience = audienceOf(asked);
    if (audience !== direct.audience) return send(response, ...errors.audience);
    const scopes = (asked.get('scope') ?? '').split(' ').filter((scope) => scope !== '');
    const claims = (own ? machine : person)({ issuer: fake.issuer, audience, client, scopes });
    const token = await signed(claims);
    return send(response, 200, { access_token: token, token_type: 'Bearer', expires_in: 300, ...dialect.answer });
  };
  const path = (url: string) => new URL(url).pathname;
  fake.routes.set(path(at('jwks')), (_request, response) =>
    send(response, 200, { keys: fake.keys.map(({ jwk }) => jwk) }),
  );
  fake.routes.set(path(at('register')), (_request, response, body) =>
    send(response, 201, { ...JSON.parse(body), client_id: 'registered-EXAMPLE' }),
  );
  fake.routes.set(path(at('authorize')), (request, response) => {
    const asked = new URL(request.url ?? '', fake.origin).searchParams;
    const code = randomBytes(18).toString('base64url');
    codes.set(code, asked);
    const answer = { code, state: asked.get('state') ?? '', iss: fake.issuer };
    response.writeHead(302, { location: `${asked.get('redirect_uri')}?${new URLSearchParams(answer)}` }).end();
  });
  fake.routes.set(path(at('token')), (request, response, body) => {
    void grant(response, new URLSearchParams(body), request.headers.authorization);
  });
  const direct: FakeDirect = {
    fake,
    tokenEndpoint: at('token'),
    audience: '',
    mint: (audience, scopes, changes) =>
      signed({ ...person({ issuer: fake.issuer, audience, client: 'registered-EXAMPLE', scopes }), ...changes }),
    close: () => fake.close(),
  };
  return direct;
}

/** RFC 7636 §4.6; machines prove nothing of the kind. */
const provesPkce = (asked: URLSearchParams, form: URLSearchParams): boolean =>
  asked === form ||
  createHash('sha256')
    .update(form.get('code_verifier') ?? '')
    .digest('base64url') === asked.get('code_challenge');

function credentials(form: URLSearchParams, header: string | undefined): readonly [string, string] {
  const [id = '', secret = ''] = Buffer.from((header ?? '').slice(6), 'base64')
    .toString()
    .split(':');
  return [form.get('client_id') ?? id, form.get('client_secret') ?? secret];
}
