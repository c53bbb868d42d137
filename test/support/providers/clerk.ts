import type { DirectDialect } from './fake-direct.ts';
import type { Answer, FakeIssuer } from './fake-issuer.ts';

/** The scope that tells the mount at this URL, where tokens name no audience. */
export const scopeOf = (resource: string): string => `mcp:${new URL(resource).pathname.split('/')[1]}`;

/** A Clerk instance: no audience in its tokens, and the mount's own scope instead. */
export const CLERK: DirectDialect = {
  path: '',
  endpoints: {
    authorize: '/oauth/authorize',
    token: '/oauth/token',
    register: '/oauth/register',
    jwks: '/.well-known/jwks.json',
  },
  metadata: {
    client_id_metadata_document_supported: true,
    code_challenge_methods_supported: ['S256'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    scopes_supported: ['openid', 'profile', 'email', 'public_metadata', 'private_metadata', 'offline_access'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'none'],
  },
  audienceIn: ['resource'],
  header: { typ: 'at+jwt' },
  person: ({ issuer, audience, client, scopes }) => ({
    iss: issuer,
    sub: 'user_2EXAMPLE',
    client_id: client,
    scope: ['openid', 'profile', 'email', scopeOf(audience), ...scopes].join(' '),
    jti: 'oat_2EXAMPLE',
  }),
  // There are no machines.
  machine: () => ({}),
  errors: {
    code: [400, { error: 'invalid_grant', error_description: 'The authorization code is invalid.' }],
    client: [401, { error: 'invalid_client', error_description: 'Client authentication failed.' }],
    audience: [400, { error: 'invalid_target', error_description: 'The resource is not known.' }],
  },
};

/** The secret key that the Backend API knows. */
export const CLERK_SECRET = 'not-a-secret-EXAMPLE';
/** Where the Backend API tells about opaque tokens. */
export const CLERK_VERIFY = '/oauth_applications/access_tokens/verify';

/** What the Backend API says of an opaque token. Times are in milliseconds. */
export const clerkAnswer = (now: number) => ({
  object: 'clerk_idp_oauth_access_token',
  id: 'oat_2EXAMPLE',
  client_id: 'app',
  type: 'oauth:access_token',
  subject: 'person',
  scopes: ['a', 'b'],
  revoked: false,
  revocation_reason: null,
  expired: false,
  expiration: (now + 600) * 1000,
  created_at: now * 1000,
  updated_at: now * 1000,
});

/** Answers about the tokens that the fake knows, to whoever has the secret key. */
export function clerkBackend({ tokens }: FakeIssuer): Answer {
  return ({ headers, method }, response, body) => {
    const say = (status: number, answer: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    const refuse = (status: number, code: string) =>
      say(status, { errors: [{ message: 'No.', long_message: 'No.', code }], clerk_trace_id: 'trace' });
    if (headers.authorization !== `Bearer ${CLERK_SECRET}`) return refuse(401, 'secret_key_invalid');
    const known = method === 'POST' ? tokens.get(JSON.parse(body).access_token) : undefined;
    return known === undefined ? refuse(404, 'token-invalid') : say(200, known);
  };
}
