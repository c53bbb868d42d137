import type { DirectDialect } from './fake-direct.ts';

/** What stands in `aud` of a token that was asked for no resource: the client id of the environment. */
export const WORKOS_ENVIRONMENT = 'client_01EXAMPLEENV';

/** AuthKit, with the mount on its list of resources; `typ` is left out of its headers. Machines cannot name a resource. */
export const WORKOS: DirectDialect = {
  path: '',
  endpoints: {
    authorize: '/oauth2/authorize',
    token: '/oauth2/token',
    register: '/oauth2/register',
    jwks: '/oauth2/jwks',
  },
  metadata: {
    client_id_metadata_document_supported: true,
    code_challenge_methods_supported: ['S256'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    response_modes_supported: ['query'],
    scopes_supported: ['email', 'offline_access', 'openid', 'profile'],
  },
  audienceIn: ['resource', 'audience'],
  header: { typ: undefined },
  person: ({ issuer, audience, client, scopes }) => ({
    iss: issuer,
    aud: audience,
    sub: 'user_01EXAMPLE',
    client_id: client,
    org_id: 'org_01EXAMPLE',
    sid: 'app_consent_01EXAMPLE',
    scope: ['openid', 'profile', ...scopes].join(' '),
    jti: '01EXAMPLE',
  }),
  machine: ({ issuer, client, scopes }) => ({
    iss: issuer,
    aud: WORKOS_ENVIRONMENT,
    sub: client,
    client_id: client,
    org_id: 'org_01EXAMPLE',
    scope: scopes.join(' '),
    jti: '01EXAMPLE',
  }),
  errors: {
    code: [400, { error: 'invalid_grant', error_description: 'The code is not valid or has expired.' }],
    client: [401, { error: 'invalid_client', error_description: 'Invalid client credentials.' }],
    audience: [400, { error: 'invalid_target', error_description: 'The resource is not known.' }],
  },
};
