import { type AdapterFactory, type Configuration, errors, type JWK } from 'oidc-provider';

/** What differs from run to run. */
export interface BareParts {
  readonly adapter: AdapterFactory;
  readonly resource: string;
  readonly key: JWK;
}

/** Settings that bring about what ours do: signed tokens for one resource, PKCE, rotation. */
export function bareSettings({ adapter, resource, key }: BareParts): Configuration {
  return {
    adapter,
    jwks: { keys: [key] },
    cookies: { keys: ['of-no-use-here'] },
    routes: { token: '/token' },
    scopes: [],
    claims: {},
    responseTypes: ['code'],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    expiresWithSession: async () => false,
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: { id_token_signed_response_alg: 'ES256' },
    ttl: {
      AccessToken: 900,
      ClientCredentials: 600,
      AuthorizationCode: 3600,
      Grant: 90 * 86_400,
      RefreshToken: 86_400,
    },
    findAccount: async (_ctx, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        useGrantedResource: async () => true,
        defaultResource: async () => resource,
        getResourceServerInfo: async (_ctx, uri) => {
          if (uri !== resource) throw new errors.InvalidTarget();
          return {
            scope: 'notes:read',
            audience: resource,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          };
        },
      },
    },
  };
}
