import { errors, type KoaContextWithOIDC, type Provider } from 'oidc-provider';
import type { Log } from '../../core/log.ts';
import { InvalidDpopProof, UseDpopNonce } from '../../gate/dpop/proof-faults.ts';
import type { Proof, Proofs } from '../../gate/dpop/proofs.ts';
import type { FormEndpoint } from '../form-endpoint.ts';
import { noteProvenKey } from '../proven-key.ts';
import { ENDPOINTS } from '../server-metadata.ts';
import { AnsweredBefore } from './single-use.ts';

/** What proofs at the token endpoint are judged with. */
export interface ProvingEndpointParts {
  /** Undefined: a proof that is sent means nothing. */
  readonly proofs: Proofs | undefined;
  readonly provider: Provider;
  readonly log: Log;
}

/**
 * A token endpoint whose clients may prove a key that their tokens are bound to (RFC 9449 §5). A bad proof is 400
 * `invalid_dpop_proof` or `use_dpop_nonce`. A good one is spent once the rest is in order, before anything else is.
 */
export const provingEndpoint =
  (endpoint: FormEndpoint, { proofs, provider, log }: ProvingEndpointParts): FormEndpoint =>
  async (ctx, form, next) => {
    if (proofs === undefined) return endpoint(ctx, form, next);
    const proof = await proofs
      .ofTokenRequest(requestOf(ctx), provider.issuer + ENDPOINTS.token)
      .catch(refuse(ctx, log));
    // Judged already; oidc-provider would hold it to rules of its own.
    delete ctx.req.headers.dpop;
    if (proof === undefined) return endpoint(ctx, form, next);
    noteProvenKey(ctx, proof.key);
    if (proof.nextNonce !== undefined) ctx.set('DPoP-Nonce', proof.nextNonce);
    await endpoint(ctx, form, () => spending(proof, ctx, next).catch(refuse(ctx, log)));
  };

const requestOf = ({ req }: KoaContextWithOIDC) => ({
  rawHeaders: req.rawHeaders,
  url: req.url ?? '',
  method: req.method ?? '',
});

/** An answer that is given again needs a proof that is not. */
async function spending(proof: Proof, ctx: KoaContextWithOIDC, next: () => Promise<void>): Promise<void> {
  let before: AnsweredBefore | undefined;
  try {
    await next();
    if (ctx.status !== 200) return;
  } catch (error) {
    if (!(error instanceof AnsweredBefore)) throw error;
    before = error;
  }
  try {
    await proof.spend();
  } catch (error) {
    if (before === undefined) await ctx.oidc.entities.RefreshToken?.destroy();
    throw error;
  }
  if (before !== undefined) throw before;
}

/** The same faults in the words and with the status of a token endpoint (RFC 6749 §5.2, RFC 9449 §5, §8). */
const refuse =
  (ctx: KoaContextWithOIDC, log: Log) =>
  (error: unknown): never => {
    if (!(error instanceof InvalidDpopProof || error instanceof UseDpopNonce)) throw error;
    log.info('token_refused', { client: ctx.oidc?.client?.clientId, error: error.code, reason: error.reason });
    if (error instanceof InvalidDpopProof) throw new errors.InvalidDpopProof(error.message);
    ctx.set('DPoP-Nonce', error.nonce);
    throw new errors.UseDpopNonce(error.message);
  };
