import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';
import { describe, expect, it } from 'vitest';
import { knownClients } from '../../../src/authorization/clients/known-clients.ts';
import { checkRedirectUri, defaultRedirectUriPolicy } from '../../../src/authorization/clients/redirect-uri.ts';
import { defaultRegistrationPolicy, registrationRequest } from '../../../src/authorization/clients/registration.ts';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { Client } = new Provider('https://as.test', {
  cookies: { keys: ['cookie signing key of a test'] },
  features: { devInteractions: { enabled: false } },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kty: 'RSA', kid: 'one' }] },
});

describe('knownClients', () => {
  it.each(knownClients.map((client) => [client.name, client] as const))(
    'every redirect URI of %s passes the default policy',
    (_name, client) => {
      for (const uri of client.redirectUris) expect(checkRedirectUri(uri, defaultRedirectUriPolicy)).toBeUndefined();
    },
  );

  it.each(knownClients.map((client) => [client.name, client] as const))(
    'oidc-provider takes what we keep of the registration of %s',
    (_name, client) => {
      const read = registrationRequest(
        { redirect_uris: client.redirectUris, token_endpoint_auth_method: client.authMethod },
        defaultRegistrationPolicy,
      );
      if (!read.ok) throw new Error(read.description);
      const needsSecret = client.authMethod !== 'none';
      const properties = { ...read.metadata, client_id: 'c', ...(needsSecret && { client_secret: 'x'.repeat(43) }) };
      const made = Reflect.construct(Client, [JSON.parse(JSON.stringify(properties))]);
      expect(made).toMatchObject({ redirectUris: client.redirectUris, clientAuthMethod: client.authMethod });
    },
  );
});
