import type { DirectDialect } from './fake-direct.ts';

/** A Supabase project whose Custom Access Token hook writes audience and scopes; without it both are left out. */
export const SUPABASE: DirectDialect = {
  path: '/auth/v1',
  endpoints: {
    authorize: '/oauth/authorize',
    token: '/oauth/token',
    register: '/oauth/clients/register',
    jwks: '/.well-known/jwks.json',
  },
  metadata: { response_modes_supported: ['query'], grant_types_supported: ['authorization_code', 'refresh_token'] },
  audienceIn: ['resource'],
  header: { typ: 'JWT' },
  person: ({ issuer, audience, client, scopes }) => ({
    aud: audience,
    iss: issuer,
    sub: '7b1c6a2e-0000-4000-8000-000000000001',
    email: 'ada@example.test',
    phone: '',
    app_metadata: { provider: 'email', providers: ['email'] },
    user_metadata: { email_verified: true, full_name: 'Ada Example' },
    role: 'authenticated',
    aal: 'aal1',
    amr: [{ method: 'password', timestamp: 1_770_000_000 }],
    session_id: '5d1e',
    is_anonymous: false,
    client_id: client,
    scopes,
  }),
  // There are no machines.
  machine: () => ({}),
  errors: {
    code: [400, { error: 'invalid_grant', error_description: 'Invalid authorization code' }],
    client: [400, { error: 'invalid_client', error_description: 'Invalid client credentials' }],
    audience: [
      400,
      {
        error: 'invalid_grant',
        error_description: 'Authorization code resource does not match the resource parameter',
      },
    ],
  },
};
