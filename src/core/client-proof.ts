import { importPKCS8 } from 'jose';
import { type ClientAuth, ClientSecretBasic, ClientSecretPost, PrivateKeyJwt } from 'oauth4webapi';

/** A client's own secret. */
export interface ClientSecret {
  readonly clientSecret: string;
  /** How the secret is sent (default `basic`). */
  readonly authentication?: 'basic' | 'post';
}

/** A client's own key. */
export interface ClientKey {
  /** PKCS #8, as PEM (RFC 7523: `private_key_jwt`). */
  readonly privateKey: string;
  /** Default ES256. */
  readonly algorithm?: string;
}

/** How a client of ours proves itself at a token endpoint (RFC 6749 §2.3.1, RFC 7523 §2.2). Rejects for a key that is none. */
export async function clientProof(client: ClientSecret | ClientKey): Promise<ClientAuth> {
  if ('privateKey' in client && client.privateKey !== undefined) {
    return PrivateKeyJwt(await importPKCS8(client.privateKey, client.algorithm ?? 'ES256'));
  }
  const { clientSecret, authentication = 'basic' } = client as ClientSecret;
  return authentication === 'basic' ? ClientSecretBasic(clientSecret) : ClientSecretPost(clientSecret);
}
