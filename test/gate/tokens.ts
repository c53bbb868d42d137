import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { expect } from 'vitest';
import { InvalidToken } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { type JwtVerifierOptions, jwtVerifier } from '../../src/gate/jwt.ts';
import { keySet } from '../../src/gate/key-set.ts';
import type { Verifier } from '../../src/gate/verifier.ts';

export const ISSUER = 'https://as.test';
export const RA = 'https://rs.test/a/mcp';
export const RB = 'https://rs.test/b/mcp';
export const NOW = 1_800_000_000;

/** A key pair with its public JWK. */
export interface Pair {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

/** A fresh key pair for one algorithm. The JWK carries `kid`, `alg` and `use` unless `members` says otherwise. */
export async function keyPair(alg: string, members: JWK = {}): Promise<Pair> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: `${alg}-1`, alg, use: 'sig', ...members } };
}

/** The claims of a good token for RA, with changes. A member changed to undefined is left out. */
export const claimsOf = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  iss: ISSUER,
  aud: RA,
  sub: 'user-1',
  client_id: 'client-1',
  scope: 'a:read a:write',
  jti: 'token-1',
  gid: 'grant-1',
  gh_kind: 'user',
  iat: NOW - 10,
  exp: NOW + 890,
  ...changes,
});

/** Signs claims as an access token with `pair`. A header member changed to undefined is left out. */
export function signed(
  pair: Pair,
  claims: Record<string, unknown>,
  header: Record<string, unknown> = {},
): Promise<string> {
  const protectedHeader = { alg: pair.jwk.alg ?? '', typ: 'at+jwt', kid: pair.jwk.kid, ...header };
  return new SignJWT(claims).setProtectedHeader(protectedHeader as { alg: string }).sign(pair.privateKey);
}

/** Signs any text as the payload under any header text, past all checks of the library. */
export async function signedText(
  pair: Pair,
  header: string | Uint8Array,
  payload: string | Uint8Array,
): Promise<string> {
  const encode = (part: string | Uint8Array) => Buffer.from(part).toString('base64url');
  const input = `${encode(header)}.${encode(payload)}`;
  const signature = await crypto.subtle.sign(
    { name: 'ECDSA', hash: 'SHA-256' },
    pair.privateKey,
    new TextEncoder().encode(input),
  );
  return `${input}.${encode(new Uint8Array(signature))}`;
}

/** A verifier of tokens that `pairs` sign, at the time NOW. */
export const verifierOf = (pairs: readonly Pair[], changes: Partial<JwtVerifierOptions> = {}) =>
  jwtVerifier({
    issuer: ISSUER,
    keys: keySet({ keys: pairs.map(({ jwk }) => jwk) }, { log: silentLog }),
    algorithms: ['ES256', 'RS256', 'EdDSA'],
    types: ['at+jwt'],
    clock: () => NOW,
    log: silentLog,
    ...changes,
  });

/** Expects `invalid_token` with this reason for a token at RA. */
export async function expectRefused(token: string, reason: string, by: Verifier): Promise<void> {
  const error = await by.verify(token, new URL(RA)).then(
    () => new Error('The token was accepted.'),
    (fault: unknown) => fault,
  );
  expect(error).toBeInstanceOf(InvalidToken);
  expect(error).toMatchObject({ code: 'invalid_token', status: 401, reason });
}
