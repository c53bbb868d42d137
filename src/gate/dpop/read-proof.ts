import { calculateJwkThumbprint, compactVerify, importJWK } from 'jose';
import { InvalidToken } from '../../core/errors.ts';
import { sha256 } from '../../core/secrets.ts';
import { isIdentifier } from '../claims.ts';
import { type JsonObject, readCompactJws, readJsonObject } from '../compact-jws.ts';
import { type UsableKey, usableKey } from '../usable-key.ts';
import { InvalidDpopProof } from './proof-faults.ts';

/** The signature algorithms of proofs that are accepted: asymmetric ones only. */
export const PROOF_ALGORITHMS: readonly string[] = ['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256'];

const MAX_PROOF_LENGTH = 8192;
const MAX_ID_LENGTH = 256;

/** What a proof must be made for. */
export interface ProofTarget {
  readonly method: string;
  /** The published URL; never what a request says of itself. */
  readonly url: string;
  /** The access token that it comes with; none at the token endpoint. */
  readonly token?: string | undefined;
}

/** A proof whose signature is good. Whether it is fresh and new is to be judged yet. */
export interface ReadProof {
  /** RFC 7638 thumbprint of the key that it proves. */
  readonly key: string;
  readonly id: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly nonce: string | undefined;
}

/**
 * Reads a DPoP proof (RFC 9449 §4.3, steps 2 to 9 and 12): form, type, algorithm, key, signature, and that it was made for
 * this method, URL and token. Rejects with `InvalidDpopProof`.
 */
export async function readProof(proof: string, target: ProofTarget): Promise<ReadProof> {
  if (proof.length > MAX_PROOF_LENGTH) throw new InvalidDpopProof('proof_too_long');
  try {
    const { jwk, alg } = checkHeader(readCompactJws(proof).header);
    const claims = readJsonObject(await openSigned(proof, jwk, alg));
    return { key: await calculateJwkThumbprint(jwk), ...checkProofClaims(claims, target) };
  } catch (error) {
    // What is wrong with its form is told in the words for tokens.
    throw error instanceof InvalidToken ? new InvalidDpopProof(`proof_${error.reason}`) : error;
  }
}

function checkHeader(header: JsonObject): { readonly jwk: UsableKey['jwk']; readonly alg: string } {
  const { typ, alg, jwk } = header;
  if (typ !== 'dpop+jwt') throw new InvalidDpopProof('proof_wrong_type');
  if (typeof alg !== 'string' || !PROOF_ALGORITHMS.includes(alg)) throw new InvalidDpopProof('proof_algorithm');
  // RFC 7515 §4.1.11: we understand no extension, so none can be met.
  if (Object.hasOwn(header, 'crit')) throw new InvalidDpopProof('proof_critical_extension');
  const key = usableKey(jwk);
  if (typeof key === 'string') throw new InvalidDpopProof(`proof_key_${key}`);
  if (!key.algorithms.includes(alg)) throw new InvalidDpopProof('proof_key_of_another_algorithm');
  return { jwk: key.jwk, alg };
}

async function openSigned(proof: string, jwk: UsableKey['jwk'], alg: string): Promise<Uint8Array> {
  try {
    return (await compactVerify(proof, await importJWK(jwk, alg), { algorithms: [alg] })).payload;
  } catch (cause) {
    throw new InvalidDpopProof('proof_bad_signature', cause);
  }
}

/** What a proof says, held against what it must be for. Throws `InvalidDpopProof`. */
export function checkProofClaims(claims: JsonObject, { method, url, token }: ProofTarget): Omit<ReadProof, 'key'> {
  const { jti, htm, htu, iat, ath, nonce } = claims;
  if (!isIdentifier(jti, MAX_ID_LENGTH)) throw new InvalidDpopProof('proof_bad_id');
  if (htm !== method) throw new InvalidDpopProof('proof_of_another_method');
  if (typeof htu !== 'string' || withoutQuery(htu) !== withoutQuery(url)) {
    throw new InvalidDpopProof('proof_of_another_url');
  }
  if (typeof iat !== 'number' || !Number.isFinite(iat) || iat < 0) throw new InvalidDpopProof('proof_bad_iat');
  if (nonce !== undefined && !isIdentifier(nonce, MAX_ID_LENGTH)) throw new InvalidDpopProof('proof_bad_nonce');
  if (token !== undefined && ath !== sha256(token)) throw new InvalidDpopProof('proof_of_another_token');
  return { id: jti, issuedAt: iat, nonce };
}

/** RFC 9449 §4.3: query and fragment do not count, and equal URLs may be spelled differently (RFC 3986 §6.2.2, §6.2.3). */
function withoutQuery(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return undefined;
  url.search = '';
  url.hash = '';
  return url.href;
}
