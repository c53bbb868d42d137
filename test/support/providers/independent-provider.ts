import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';

/**
 * An identity provider that shares nothing with ours but a library: run as a process of its own, with the resource that it
 * knows and the redirect URI of our app as arguments. It prints its issuer. Everybody is ada, once a form was sent.
 */
const [resource = '', callback = ''] = process.argv.slice(2);

const server = createServer();
await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig', kid: 'independent-1' };

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'our-app',
      client_secret: 'a secret that only this test knows',
      redirect_uris: [callback],
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'ES256',
    },
  ],
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  jwks: { keys: [jwk] },
  cookies: { keys: ['of this test'] },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
  scopes: ['openid', 'offline_access', 'profile', 'email', 'notes:read', 'notes:write'],
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    registration: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => [],
      useGrantedResource: () => true,
      getResourceServerInfo: (_ctx, asked) => ({
        scope: 'notes:read notes:write',
        audience: asked,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: 'ES256' } },
      }),
    },
  },
  clientBasedCORS: () => false,
  findAccount: (_ctx, accountId) => ({
    accountId,
    claims: () => ({
      sub: accountId,
      name: 'Ada',
      preferred_username: 'ada',
      email: 'ada@example.com',
      email_verified: true,
    }),
  }),
  interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
});

server.on('request', async (request, response) => {
  if (!request.url?.startsWith('/interaction/')) return void provider.callback()(request, response);
  if (request.method !== 'POST') {
    response.writeHead(200, { 'content-type': 'text/html' });
    return void response.end('<form method="post"><button type="submit">Sign in as Ada</button></form>');
  }
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: 'ada-1', clientId: String(params.client_id) });
  grant.addOIDCScope('openid offline_access profile email notes:read notes:write');
  if (params.resource === resource) grant.addResourceScope(resource, 'notes:read notes:write');
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { login: { accountId: 'ada-1' }, consent: { grantId } });
});
process.stdout.write(`listening ${issuer}\n`);
