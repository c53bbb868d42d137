import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { GatehouseError } from '../core/errors.ts';
import { addressOf, type ClientBudget, type RequestLimits } from './request-limits.ts';

/** Who a request counts for, and where. */
export interface ClientCount {
  readonly limits: RequestLimits;
  readonly budget: ClientBudget;
  /** The client that the request names. */
  readonly named: string | undefined;
}

/** Counts a request of a client before `answer` runs, and how it ended afterwards. Rejects with TooManyRequests. */
export async function countClient(
  ctx: KoaContextWithOIDC,
  { limits, budget, named }: ClientCount,
  answer: () => Promise<void>,
): Promise<void> {
  const admitted = await limits.client(budget, named, addressOf(ctx));
  let status = 500;
  try {
    await answer();
    status = ctx.status;
  } catch (error) {
    status = statusOf(error);
    throw error;
  } finally {
    await admitted.ended(status < 400 ? 'served' : status < 500 ? 'refused' : 'failed_here');
  }
}

const statusOf = (error: unknown): number =>
  error instanceof errors.OIDCProviderError || error instanceof GatehouseError ? error.status : 500;
