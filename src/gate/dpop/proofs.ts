import type { Clock } from '../../core/clock.ts';
import { InvalidToken, Unavailable } from '../../core/errors.ts';
import { sha256 } from '../../core/secrets.ts';
import { readBearer } from '../bearer.ts';
import { CLOCK_SKEW } from '../claims.ts';
import type { Nonces } from './nonces.ts';
import { InvalidDpopProof, UseDpopNonce } from './proof-faults.ts';
import { type ProofTarget, type ReadProof, readProof } from './read-proof.ts';

/** How far the time of a proof without a nonce may be from ours, in seconds. */
const FRESH = 60;

/** What proofs are judged by. */
export interface ProofsParts {
  /** Whether tokens that are bound to no key are refused, and none are issued. */
  readonly required: boolean;
  readonly nonces: Nonces;
  /** Whether a proof without a nonce of ours is refused. */
  readonly nonceRequired: boolean;
  /** Remembers a name for `ttl` seconds, on every node: false where it is remembered already. Rejects with `Unavailable`. */
  remember(name: string, ttl: number): Promise<boolean>;
  /** Since when nothing that was remembered can have been lost, in seconds since 1970. Default: for ever. */
  readonly epochBegan?: () => Promise<number>;
  readonly clock: Clock;
}

/** The parts of an HTTP request that a proof may come in. */
export interface ProvingRequest {
  /** As received (Node's `rawHeaders`): repeated lines must stay visible. */
  readonly rawHeaders: readonly string[];
  /** The request target, query included. */
  readonly url: string;
  readonly method: string;
}

/** A good proof. It counts once `spend` has taken it. */
export interface Proof {
  /** RFC 7638 thumbprint of the key that was proven. */
  readonly key: string;
  /** The nonce for the client's next proof, where it should take another one. */
  readonly nextNonce: string | undefined;
  /** Marks it as used. Rejects with `InvalidDpopProof` where it was used before, with `Unavailable` when that cannot be told. */
  spend(): Promise<void>;
}

/** Proofs that a caller holds a key (DPoP, RFC 9449). */
export interface Proofs {
  readonly required: boolean;
  /**
   * The proof of a call at a resource, undefined where it shows no token under the DPoP scheme. Rejects with `InvalidDpopProof`,
   * `UseDpopNonce`, the faults of `readBearer`, and `InvalidToken` for a bearer token where proofs are required.
   */
  ofCall(request: ProvingRequest, url: string): Promise<Proof | undefined>;
  /** The proof of a request to the token endpoint at `url`. Undefined where there is none and none is required. */
  ofTokenRequest(request: ProvingRequest, url: string): Promise<Proof | undefined>;
}

/** Judges proofs (RFC 9449 §4.3, §8, §9, §11.1). */
export function createProofs(parts: ProofsParts): Proofs {
  const { required } = parts;
  return {
    required,
    async ofCall(request, url) {
      const token = readBearer(request, 'dpop');
      if (token !== undefined) return judge(proofLines(request), { method: request.method, url, token }, parts);
      if (required && readBearer(request) !== undefined) throw new InvalidToken('bearer_not_accepted');
      return undefined;
    },
    async ofTokenRequest(request, url) {
      const lines = proofLines(request);
      if (lines.length === 0 && !required) return undefined;
      return judge(lines, { method: request.method, url }, parts);
    },
  };
}

const proofLines = ({ rawHeaders }: ProvingRequest): readonly string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'dpop');

async function judge(lines: readonly string[], target: ProofTarget, parts: ProofsParts): Promise<Proof> {
  const { nonces, remember, clock, epochBegan = async () => -Infinity } = parts;
  const [line] = lines;
  if (line === undefined) throw new InvalidDpopProof('no_proof');
  if (lines.length > 1) throw new InvalidDpopProof('repeated_proof_header');
  const proof = await readProof(line, target);
  const until = goodUntil(proof, parts);
  const newest = nonces.current();
  return {
    key: proof.key,
    nextNonce: proof.nonce === undefined || proof.nonce === newest ? undefined : newest,
    async spend() {
      // Another node may be that far behind, and take it for good when it is not any more here.
      const ttl = Math.max(1, Math.ceil(until - clock())) + 2 * CLOCK_SKEW;
      const name = sha256(JSON.stringify([proof.key, proof.id]));
      if (!(await remember(name, ttl))) throw new InvalidDpopProof('proof_used_before');
      if (proof.issuedAt <= (await epochBegan())) throw new Unavailable('proof_older_than_epoch', undefined, 1);
    },
  };
}

/** When a proof ceases to be good, in seconds since 1970. Throws `UseDpopNonce`: with a nonce no clock but ours counts. */
function goodUntil({ nonce, issuedAt }: ReadProof, { nonces, nonceRequired, clock }: ProofsParts): number {
  if (nonce !== undefined) {
    const until = nonces.goodUntil(nonce);
    if (until !== undefined) return until;
    throw new UseDpopNonce('proof_unknown_nonce', nonces.current());
  }
  if (nonceRequired) throw new UseDpopNonce('proof_without_nonce', nonces.current());
  if (Math.abs(clock() - issuedAt) > FRESH) throw new UseDpopNonce('proof_not_recent', nonces.current());
  return issuedAt + FRESH;
}
