import { createHash, randomUUID } from 'node:crypto';
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** What a proof is made for, and how it differs from a good one. A member that is undefined is left out. */
export interface ProofChoices {
  readonly method?: string;
  readonly url: string;
  readonly token?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  /** Signs in place of the key that the header names. */
  readonly signer?: CryptoKey;
}

/** Somebody with a key, who proves that they have it (RFC 9449 §4.2). */
export interface Prover {
  readonly jwk: JWK;
  readonly thumbprint: string;
  readonly privateKey: CryptoKey;
  prove(choices: ProofChoices): Promise<string>;
}

/** A fresh key. `now` in seconds since 1970. */
export async function newProver(alg = 'ES256', now = () => Math.floor(Date.now() / 1000)): Promise<Prover> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return {
    jwk,
    thumbprint: await calculateJwkThumbprint(jwk),
    privateKey,
    prove: ({ method = 'POST', url, token, claims, header, signer = privateKey }) =>
      new SignJWT({
        jti: randomUUID(),
        htm: method,
        htu: url,
        iat: now(),
        ...(token !== undefined && { ath: createHash('sha256').update(token).digest('base64url') }),
        ...claims,
      })
        .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk, ...header })
        .sign(signer),
  };
}
