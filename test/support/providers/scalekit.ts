import type { DirectDialect } from './fake-direct.ts';

/** The MCP server. */
export const SCALEKIT_RESOURCE = 'res_926EXAMPLE';

/** An MCP server at Scalekit, with its Server URL set: an issuer of its own, and the keys and endpoints of the environment. */
export const SCALEKIT: DirectDialect = {
  path: `/resources/${SCALEKIT_RESOURCE}`,
  endpoints: {
    authorize: '//oauth/authorize',
    token: '//oauth/token',
    register: '//resource-server/oauth/register',
    jwks: '//keys',
  },
  metadata: { code_challenge_methods_supported: ['S256'] },
  audienceIn: ['resource', 'audience'],
  header: { typ: 'JWT' },
  person: ({ issuer, audience, client, scopes }) => ({
    iss: issuer,
    aud: [SCALEKIT_RESOURCE, audience],
    client_id: client,
    sub: 'usr_EXAMPLE',
    oid: 'org_EXAMPLE',
    sid: 'ses_EXAMPLE',
    scopes,
    jti: 'tkn_EXAMPLE',
  }),
  machine: ({ issuer, audience, client, scopes }) => ({
    iss: issuer,
    aud: [SCALEKIT_RESOURCE, audience],
    client_id: client,
    sub: client,
    oid: 'org_EXAMPLE',
    scopes,
    jti: 'tkn_EXAMPLE',
  }),
  errors: {
    code: [400, { error: 'invalid_grant', error_description: 'The code is not known.' }],
    client: [401, { error: 'invalid_client', error_description: 'The client is not known.' }],
    audience: [400, { error: 'invalid_target', error_description: 'The resource is not known.' }],
  },
};
