import { GatehouseError } from '../../core/errors.ts';

/** The proof that the caller holds the key of the token is not good: 401 `invalid_dpop_proof` (RFC 9449 §7.1). */
export class InvalidDpopProof extends GatehouseError {
  constructor(reason: string, cause?: unknown) {
    super('invalid_dpop_proof', 401, 'The DPoP proof is missing, malformed or not valid here.', reason, cause);
  }
}

/** The proof must hold this nonce of ours: 401 `use_dpop_nonce` (RFC 9449 §9). */
export class UseDpopNonce extends GatehouseError {
  readonly nonce: string;

  constructor(reason: string, nonce: string) {
    super('use_dpop_nonce', 401, 'The DPoP proof must hold the nonce of the DPoP-Nonce header.', reason);
    this.nonce = nonce;
  }
}
