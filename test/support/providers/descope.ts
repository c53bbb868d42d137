import type { DirectDialect } from './fake-direct.ts';

/** The project and the MCP server in it. */
export const DESCOPE_PROJECT = 'P2EXAMPLE';
const server = 'MS2EXAMPLE';

/** An MCP server at Descope: it has an issuer of its own, and the keys and endpoints of the whole project. */
export const DESCOPE: DirectDialect = {
  path: `/v1/apps/agentic/${DESCOPE_PROJECT}/${server}`,
  endpoints: {
    authorize: '//oauth2/v1/apps/authorize',
    token: '//oauth2/v1/apps/token',
    register: '/register',
    jwks: `//${DESCOPE_PROJECT}/.well-known/jwks.json`,
  },
  metadata: { code_challenge_methods_supported: ['S256'] },
  audienceIn: ['resource', 'audience'],
  header: { typ: 'JWT' },
  person: ({ issuer, audience, client, scopes }) => ({
    iss: issuer,
    sub: 'U2EXAMPLEUSER',
    azp: client,
    aud: [audience, DESCOPE_PROJECT],
    scope: scopes.join(' '),
  }),
  machine: ({ issuer, audience, client, scopes }) => ({
    iss: issuer,
    sub: client,
    azp: client,
    aud: [audience, DESCOPE_PROJECT],
    scope: scopes.join(' '),
  }),
  errors: {
    code: [400, { error: 'invalid_grant', error_description: 'The code is not known.' }],
    client: [401, { errorCode: 'E061004', errorDescription: 'Unauthorized', message: 'Invalid client' }],
    audience: [400, { error: 'invalid_target', error_description: 'The resource is not known.' }],
  },
};
