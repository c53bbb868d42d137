import { InvalidToken } from '../core/errors.ts';
import { readCompactJws, readJsonObject } from './compact-jws.ts';
import type { Verifier } from './verifier.ts';

/** One kind of credential and who checks it. */
export interface VerifierLink {
  /** Whether a token looks like this kind, by its shape or by the issuer it claims. Proves nothing. */
  accepts(token: string): boolean;
  readonly verifier: Verifier;
}

/**
 * One verifier over several kinds of credential. The first link that accepts the looks of a token decides alone: a
 * token is never shown to another verifier after a refusal (RFC 8725 §3.8). None accepts: `InvalidToken`.
 */
export const verifierChain = (links: readonly VerifierLink[]): Verifier => ({
  async verify(token, resource, key, turn) {
    const link = links.find(({ accepts }) => accepts(token));
    if (link === undefined) throw new InvalidToken('unknown_kind_of_token');
    return link.verifier.verify(token, resource, key, turn);
  },
});

/** The issuer that a compact JWS claims, NOT verified: good for picking a verifier, for nothing else. */
export function issuerOf(token: string): string | undefined {
  try {
    const { iss } = readJsonObject(Buffer.from(readCompactJws(token).payload, 'base64url'));
    return typeof iss === 'string' ? iss : undefined;
  } catch (fault) {
    if (fault instanceof InvalidToken) return undefined;
    throw fault;
  }
}
