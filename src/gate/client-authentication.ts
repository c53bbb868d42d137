import { type CryptoKey, importJWK } from 'jose';
import { type ClientAuth, ClientSecretBasic, ClientSecretPost, PrivateKeyJwt } from 'oauth4webapi';
import { ConfigError } from '../core/errors.ts';
import type { UpstreamClient } from './upstream-provider.ts';

/** How our app proves itself (RFC 6749 §2.3.1, form-encoded before Basic; RFC 7523 §2.2). Rejects with ConfigError. */
export async function clientAuthentication(client: UpstreamClient): Promise<ClientAuth> {
  if ('secret' in client)
    return client.method === 'post' ? ClientSecretPost(client.secret) : ClientSecretBasic(client.secret);
  const key = await importJWK({ ...client.key }).catch((): undefined => undefined);
  if (key === undefined || key instanceof Uint8Array || (key as CryptoKey).type !== 'private') {
    throw new ConfigError(['The key of the identity provider’s client must be a private JWK with `alg`.']);
  }
  return PrivateKeyJwt({ key: key as CryptoKey, ...(client.key.kid !== undefined && { kid: client.key.kid }) });
}
