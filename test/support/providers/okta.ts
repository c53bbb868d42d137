import type { DirectDialect } from './fake-direct.ts';

/** A custom authorization server of Okta whose audience is the mount; `typ` is left out of its headers. */
export const OKTA: DirectDialect = {
  path: '/oauth2/aus1fake',
  // Named in its metadata, though it takes API tokens alone.
  endpoints: { authorize: '/v1/authorize', token: '/v1/token', register: '//oauth2/v1/clients', jwks: '/v1/keys' },
  audienceIn: 'fixed',
  header: { typ: undefined },
  person: ({ issuer, audience, client, scopes }) => ({
    ver: 1,
    jti: 'AT.MNAoEQ_EXAMPLE',
    iss: issuer,
    aud: audience,
    cid: client,
    uid: '00u1fakeuser',
    scp: ['openid', ...scopes],
    auth_time: 1_769_999_999,
    sub: 'ada@example.test',
  }),
  machine: ({ issuer, audience, client, scopes }) => ({
    ver: 1,
    jti: 'AT.EXAMPLE',
    iss: issuer,
    aud: audience,
    cid: client,
    scp: scopes,
    sub: client,
  }),
  errors: {
    code: [400, { error: 'invalid_grant', error_description: 'The authorization code is invalid or has expired.' }],
    client: [401, { errorCode: 'invalid_client', errorSummary: 'Client authentication failed.', errorCauses: [] }],
    audience: [400, { error: 'invalid_scope', error_description: 'One or more scopes are not configured.' }],
  },
};
