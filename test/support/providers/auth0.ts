import type { DirectDialect } from './fake-direct.ts';

/** Auth0 with the Auth0 profile for APIs, RBAC on, and the compatibility profile for `resource`. */
export const AUTH0: DirectDialect = {
  path: '/',
  endpoints: {
    authorize: '/authorize',
    token: '/oauth/token',
    register: '/oidc/register',
    jwks: '/.well-known/jwks.json',
  },
  metadata: { authorization_response_iss_parameter_supported: true },
  audienceIn: ['audience', 'resource'],
  header: { typ: 'JWT' },
  person: ({ issuer, audience, client, scopes }) => ({
    iss: issuer,
    sub: 'auth0|6553da60a54af58e29493993',
    aud: [audience, `${issuer}userinfo`],
    azp: client,
    scope: ['openid', ...scopes].join(' '),
    permissions: scopes,
  }),
  machine: ({ issuer, audience, client, scopes }) => ({
    iss: issuer,
    sub: `${client}@clients`,
    aud: audience,
    azp: client,
    gty: 'client-credentials',
    scope: scopes.join(' '),
    permissions: scopes,
  }),
  errors: {
    code: [403, { error: 'invalid_grant', error_description: 'Invalid authorization code' }],
    client: [401, { error: 'access_denied', error_description: 'Unauthorized' }],
    audience: [403, { error: 'access_denied', error_description: 'Service not found: https://nope.example.test' }],
  },
};
