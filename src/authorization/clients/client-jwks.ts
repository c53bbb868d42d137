import { usableKey } from '../../gate/usable-key.ts';
import { own } from './own-member.ts';

/** One public key of a client, with the members that matter and no other. */
export type PublicJwk = Readonly<Record<string, string>>;

const MAX_KEYS = 10;
const MAX_MEMBER = 2048;
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const KEY_MEMBERS = new Map([
  ['EC', ['crv', 'x', 'y']],
  ['OKP', ['crv', 'x']],
  ['RSA', ['n', 'e']],
]);

/** Reads a JWK Set by value (RFC 7517 §5): 1 to 10 public signature keys. A text says in words why it is refused. */
export function readPublicJwks(value: unknown): { readonly keys: readonly PublicJwk[] } | string {
  const keys = own(value, 'keys');
  if (!Array.isArray(keys) || keys.length === 0) return 'jwks must be an object with a non-empty array of keys.';
  if (keys.length > MAX_KEYS) return `jwks must hold at most ${MAX_KEYS} keys.`;
  const read: PublicJwk[] = [];
  for (const key of keys) {
    const jwk = readPublicJwk(key);
    if (typeof jwk === 'string') return jwk;
    read.push(jwk);
  }
  return { keys: read };
}

function readPublicJwk(value: unknown): PublicJwk | string {
  if (PRIVATE_MEMBERS.some((name) => own(value, name) !== undefined)) {
    return 'jwks holds a private or symmetric key: publish public keys only, and replace this one.';
  }
  const kty = own(value, 'kty');
  const members = typeof kty === 'string' ? KEY_MEMBERS.get(kty) : undefined;
  if (typeof kty !== 'string' || members === undefined) return 'jwks must hold EC, OKP or RSA keys.';
  const jwk = new Map([['kty', kty]]);
  for (const name of [...members, 'kid', 'use', 'alg']) {
    const member = own(value, name);
    if (member === undefined && !members.includes(name)) continue;
    if (typeof member !== 'string' || member === '' || member.length > MAX_MEMBER) {
      return `jwks holds a key whose ${name} is missing, too long or not a string.`;
    }
    jwk.set(name, member);
  }
  const read = Object.fromEntries(jwk);
  return typeof usableKey(read) === 'string'
    ? 'jwks holds a key that is malformed, too weak or not for signatures.'
    : read;
}
