import { createPrivateKey } from 'node:crypto';
import { type CryptoKey, importJWK, type JWK } from 'jose';
import { type ClientAuth, ClientSecretBasic, ClientSecretPost, modifyAssertion, PrivateKeyJwt } from 'oauth4webapi';
import { ConfigError } from '../core/errors.ts';
import type { UpstreamClient } from './upstream-provider.ts';
import { usableKey } from './usable-key.ts';

/** How our app proves itself (RFC 6749 §2.3.1, form-encoded before Basic; RFC 7523 §2.2). Rejects with ConfigError. */
export async function clientAuthentication(client: UpstreamClient): Promise<ClientAuth> {
  if ('secret' in client)
    return client.method === 'post' ? ClientSecretPost(client.secret) : ClientSecretBasic(client.secret);
  const key = await importJWK({ ...client.key }).catch((): undefined => undefined);
  if (key === undefined || key instanceof Uint8Array || (key as CryptoKey).type !== 'private') {
    throw new ConfigError(['The key of the identity provider’s client must be a private JWK with `alg`.']);
  }
  const { key: jwk, audience } = client;
  const named = jwk.kid === undefined ? {} : { kid: jwk.kid };
  return PrivateKeyJwt(
    { key: key as CryptoKey, ...named },
    {
      [modifyAssertion]: (header, payload) => {
        // RFC 7515 §4.1.8.
        for (const member of ['x5t', 'x5t#S256'] as const)
          if (typeof jwk[member] === 'string') header[member] = jwk[member];
        if (audience !== undefined) payload.aud = audience;
      },
    },
  );
}

/** Reads a private key with which our app proves itself: a JWK with `alg`, as JSON. Throws an Error that never quotes it. */
export function readPrivateKey(text: string): JWK & { readonly kid?: string } {
  try {
    const key: Record<string, unknown> = JSON.parse(text);
    const { kty, crv, n, e, x, y, alg } = key;
    const fits = typeof alg === 'string' && typeof usableKey({ kty, crv, n, e, x, y, alg }) !== 'string';
    if (fits && createPrivateKey({ key, format: 'jwk' }).type === 'private') return key;
  } catch {
    // The parser's own error quotes what it read.
  }
  throw new Error('must be a private JWK with `alg`, as JSON');
}
