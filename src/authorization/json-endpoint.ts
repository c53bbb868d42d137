import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { GatehouseError, TooManyRequests, Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { keySetTrouble } from './key-set-fetch.ts';

/** What answers one path: it checks, lets oidc-provider do its part through `next`, and may change what that answered. */
export type Endpoint = (ctx: KoaContextWithOIDC, next: () => Promise<void>) => Promise<void>;

/** Finds the fault behind oidc-provider's `server_error`. */
export type FaultOf = (ctx: KoaContextWithOIDC) => Error | undefined;

/**
 * The frame of every endpoint that answers JSON: whatever goes wrong comes out as `error` and `error_description` and
 * nothing else (RFC 6749 §5.2), uncached; our own faults as 503, or as a 500 that tells nothing.
 */
export const jsonEndpoint =
  (endpoint: Endpoint, { faultOf, log }: { readonly faultOf: FaultOf; readonly log: Log }): Endpoint =>
  async (ctx, next) => {
    ctx.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
    ctx.req.headers.accept = 'application/json';
    const passOn = async () => {
      await next();
      const fault = faultOf(ctx) ?? (ctx.status === 401 ? keySetTrouble(ctx) : undefined);
      if (fault !== undefined) throw fault;
    };
    try {
      await endpoint(ctx, passOn);
    } catch (error) {
      answerError(ctx, error, log);
    }
    ctx.set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' });
    const { error, error_description: description } = (ctx.body ?? {}) as Record<string, unknown>;
    if (ctx.status >= 400 && typeof error === 'string') ctx.body = errorBody(error, description);
  };

/** A description may hold %x20-21, %x23-5B and %x5D-7E only (RFC 6749 §5.2). */
export const describable = (text: string): string => text.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'").slice(0, 300);

function errorBody(error: string, description: unknown): object {
  return { error, ...(typeof description === 'string' && { error_description: describable(description) }) };
}

function answerError(ctx: KoaContextWithOIDC, error: unknown, log: Log): void {
  if (error instanceof errors.OIDCProviderError && error.expose) {
    ctx.status = error.statusCode;
    ctx.body = errorBody(error.error, error.error_description);
    return;
  }
  const known = error instanceof GatehouseError ? error : undefined;
  const later = known instanceof Unavailable || known instanceof TooManyRequests ? known : undefined;
  if (!(later instanceof TooManyRequests)) {
    const fields = { path: ctx.path, reason: known?.reason ?? 'unexpected', error };
    log[later ? 'warn' : 'error']('endpoint_failed', fields);
  }
  if (later !== undefined) ctx.set('Retry-After', String(later.retryAfter));
  ctx.status = known?.status ?? 500;
  ctx.body =
    known === undefined
      ? errorBody('server_error', 'Something went wrong here.')
      : errorBody(known.code, known.message);
}
