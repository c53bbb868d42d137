import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import type { Clock } from '../core/clock.ts';
import { randomToken } from '../core/secrets.ts';
import type { Store } from '../store/store.ts';

/** The one algorithm that access tokens are signed with. */
export const SIGNING_ALGORITHM = 'ES256';

/** A private ES256 key as it is kept. `kid` is its RFC 7638 thumbprint. */
export interface SigningKey {
  readonly jwk: JWK & { readonly kid: string };
  /** Seconds since 1970. */
  readonly createdAt: number;
}

const SIGNING = 'signing_keys';
const COOKIES = 'cookie_keys';

/**
 * The signing keys of this server, the one to sign with first. Made at the first start and kept until they are deleted;
 * of several nodes that start at once one makes them and all use them.
 */
export async function signingKeys(store: Store, clock: Clock): Promise<readonly [SigningKey, ...SigningKey[]]> {
  const text = await keptOnce(store, SIGNING, async () => JSON.stringify({ keys: [await makeKey(clock())] }));
  const [first, ...rest] = (JSON.parse(text) as { readonly keys: readonly SigningKey[] }).keys;
  if (first === undefined) throw new TypeError('The store holds an empty list of signing keys.');
  return [first, ...rest];
}

/** The public half of the keys, as `/jwks` publishes them (RFC 7517 §5). */
export const publicKeys = (keys: readonly SigningKey[]): { readonly keys: readonly JWK[] } => ({
  keys: keys.map(({ jwk: { d: _private, ...jwk } }) => jwk),
});

/** The secrets that cookies are signed with, the one to sign with first. */
export async function cookieKeys(store: Store): Promise<readonly string[]> {
  const text = await keptOnce(store, COOKIES, async () => JSON.stringify({ keys: [randomToken()] }));
  return (JSON.parse(text) as { readonly keys: readonly string[] }).keys;
}

async function makeKey(createdAt: number): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(SIGNING_ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { jwk: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: SIGNING_ALGORITHM, use: 'sig' }, createdAt };
}

/** The record, or the one made now where there is none yet. Two nodes that make one end up with the same. */
async function keptOnce(store: Store, name: string, make: () => Promise<string>): Promise<string> {
  const known = await store.get(name);
  if (known !== undefined) return known;
  const made = await make();
  if (await store.putIfAbsent(name, made, Infinity)) return made;
  return (await store.get(name)) ?? made;
}
