import type { DirectDialect } from './fake-direct.ts';

const REALM = '/protocol/openid-connect';

/** Keycloak 26 with an audience mapper in a client scope; a key for encryption stands in its set. */
export const KEYCLOAK: DirectDialect = {
  path: '/realms/mcp',
  endpoints: {
    authorize: `${REALM}/auth`,
    token: `${REALM}/token`,
    register: '/clients-registrations/openid-connect',
    jwks: `${REALM}/certs`,
  },
  metadata: { authorization_response_iss_parameter_supported: true },
  audienceIn: 'fixed',
  header: { typ: 'JWT' },
  person: ({ issuer, audience, client, scopes }) => ({
    iss: issuer,
    aud: [audience, 'account'],
    sub: 'f7d0c6f3-0000-4000-8000-000000000001',
    typ: 'Bearer',
    azp: client,
    sid: 'a856fb91',
    acr: '1',
    realm_access: { roles: ['offline_access', 'uma_authorization'] },
    resource_access: { account: { roles: ['view-profile'] } },
    scope: ['openid', ...scopes, 'email', 'profile'].join(' '),
    email_verified: true,
    name: 'Ada Example',
    preferred_username: 'ada',
    email: 'ada@example.test',
  }),
  machine: ({ issuer, audience, client, scopes }) => ({
    iss: issuer,
    aud: audience,
    sub: 'f7d0c6f3-0000-4000-8000-000000000002',
    typ: 'Bearer',
    azp: client,
    client_id: client,
    clientHost: '127.0.0.1',
    clientAddress: '127.0.0.1',
    scope: scopes.join(' '),
    preferred_username: `service-account-${client.toLowerCase()}`,
  }),
  errors: {
    code: [400, { error: 'invalid_grant', error_description: 'Code not valid' }],
    client: [401, { error: 'unauthorized_client', error_description: 'Invalid client or Invalid client credentials' }],
    audience: [400, { error: 'invalid_target', error_description: 'invalid resource' }],
  },
  answer: { refresh_expires_in: 1800, 'not-before-policy': 0, session_state: 'a856fb91' },
};
