import { createPublicKey } from 'node:crypto';
import type { JWK } from 'jose';

/** A public key that may verify signatures, with the algorithms that fit it. */
export interface UsableKey {
  readonly kid: string | undefined;
  readonly algorithms: readonly string[];
  /** The public members only. */
  readonly jwk: JWK;
}

const RSA = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
const CURVES = new Map([
  ['EC P-256', ['ES256']],
  ['EC P-384', ['ES384']],
  ['EC P-521', ['ES512']],
  ['OKP Ed25519', ['EdDSA', 'Ed25519']],
]);

/** Every signature algorithm that can be allowed: asymmetric ones only (RFC 8725 §3.1, §3.2). */
export const SIGNATURE_ALGORITHMS: ReadonlySet<string> = new Set([...RSA, ...[...CURVES.values()].flat()]);

/** What issuers sign with unless they say otherwise. */
export const USUAL_ALGORITHMS: readonly string[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'];

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

/** Reads one member of a JWK Set (RFC 7517 §4). The answer is the key, or the reason code of why it is left out. */
export function usableKey(candidate: unknown): UsableKey | string {
  if (typeof candidate !== 'object' || candidate === null) return 'not_an_object';
  const { kty, crv, n, e, x, y, kid, use, alg, key_ops: operations } = candidate as Record<string, unknown>;
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > 256)) return 'bad_kid';
  if (use !== undefined && use !== 'sig') return 'not_for_signatures';
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return 'not_to_verify';
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(candidate, member))) return 'secret_or_private';
  const curve = typeof kty === 'string' && typeof crv === 'string' ? CURVES.get(`${kty} ${crv}`) : undefined;
  const fitting = kty === 'RSA' ? RSA : (curve ?? []);
  const algorithms = alg === undefined ? fitting : fitting.filter((name) => name === alg);
  if (algorithms.length === 0) return 'unsupported_algorithm';
  const jwk = (kty === 'RSA' ? { kty, n, e } : kty === 'EC' ? { kty, crv, x, y } : { kty, crv, x }) as JWK;
  return weakness(jwk) ?? { kid, algorithms, jwk };
}

function weakness(jwk: JWK): string | undefined {
  try {
    const { modulusLength, publicExponent } = createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails ?? {};
    if (jwk.kty === 'OKP' && hasSmallOrder(jwk.x ?? '')) return 'small_order_point';
    if (modulusLength === undefined || publicExponent === undefined) return undefined;
    if (modulusLength < 2048 || modulusLength > 8192) return 'bad_modulus_length';
    return publicExponent < 3n || publicExponent > 0xffff_ffffn || publicExponent % 2n === 0n
      ? 'bad_exponent'
      : undefined;
  } catch {
    return 'malformed';
  }
}

/** The y coordinates of the Ed25519 points of order 1, 2, 4 and 8 in every encoding, little-endian, sign bit cleared. */
const SMALL_ORDER = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

/** Anybody can sign for such a key: RFC 8032 §5.1.7 does not look for it, nor does every Node release. */
function hasSmallOrder(x: string): boolean {
  const point = Buffer.from(x, 'base64url');
  point.writeUInt8(point.readUInt8(31) & 0x7f, 31);
  return SMALL_ORDER.has(point.toString('hex'));
}
