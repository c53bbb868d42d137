import { createLocalJWKSet, type JWTPayload, errors as joseErrors, jwtVerify } from 'jose';
import { publicKeys, SIGNING_ALGORITHM, type SigningKey } from './signing-keys.ts';

/** Reads an access token that this server has signed. Undefined for any other text, an expired one included. */
export type ReadOwnToken = (token: string) => Promise<JWTPayload | undefined>;

const MAX_TOKEN = 8192;

/** Looks at signature, issuer, type and times; whether it was revoked is another question. */
export function ownTokenReader(issuer: string, keys: readonly SigningKey[], clock: () => number): ReadOwnToken {
  const keySet = createLocalJWKSet({ keys: [...publicKeys(keys).keys] });
  return async (token) => {
    if (token.length > MAX_TOKEN || token.split('.').length !== 3) return undefined;
    try {
      const { payload } = await jwtVerify(token, keySet, {
        issuer,
        typ: 'at+jwt',
        algorithms: [SIGNING_ALGORITHM],
        currentDate: new Date(clock() * 1000),
        requiredClaims: ['exp', 'jti', 'client_id', 'aud'],
      });
      return payload;
    } catch (error) {
      if (error instanceof joseErrors.JOSEError) return undefined;
      throw error;
    }
  };
}
