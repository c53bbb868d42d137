import type { Principal } from '../core/principal.ts';
import type { UpstreamToken } from '../core/upstream-token.ts';
import { callersToken } from '../gate/authenticate.ts';
import { decide } from '../gate/decide.ts';
import type { Endpoint } from '../mcp/endpoint.ts';
import { httpFacts } from '../mcp/http-facts.ts';
import type { GatedCall, GateParts } from './gated-route.ts';
import { type DecidedCall, serveDecided } from './serve-decided.ts';

/** What messages of one mount are served with. */
export interface ServeParts extends GateParts {
  readonly endpoint: Endpoint;
  /** Whether scopes could be granted to the caller by a step-up. */
  reach(principal: Principal): Promise<(required: readonly string[]) => boolean>;
  /** The caller's token for the API of where they signed in. `own` tells the one that they came with. */
  upstream(principal: Principal, own: () => string): Promise<UpstreamToken>;
}

/** What became of a message: its answer, or that the caller must wait so many seconds. */
export type Served =
  | { readonly answer: Response /** Whether it may have no end of its own. */; readonly endless: boolean }
  | { readonly retryAfter: number };

/** How long to wait where all streams of a caller are open, in seconds: nobody knows when one ends. */
const STREAM_WAIT = 30;

/**
 * The only way to what a mount offers: may they, how often, do it. What is decided on is the message that is dispatched. Throws
 * what refuses the call.
 */
export async function serveMessage(
  { request, response, principal, log }: GatedCall,
  exchange: Request,
  message: unknown,
  parts: ServeParts,
): Promise<Served> {
  const inspected = parts.endpoint.inspect(exchange, message);
  if (inspected.kind === 'refused') return { answer: inspected.response, endless: false };
  decide(principal, inspected.scopes, parts.resource);
  const retryAfter = inspected.limited && (await parts.limits.usedTool(principal, inspected.limited));
  if (retryAfter !== undefined) return { retryAfter };
  if (inspected.endless) {
    const release = parts.limits.stream(principal);
    if (release === undefined) return { retryAfter: STREAM_WAIT };
    if (response.closed) release();
    else response.once('close', release);
  }
  const { rawHeaders, originalUrl: url } = request;
  const call: DecidedCall = {
    principal,
    requestId: response.locals.requestId,
    log,
    http: httpFacts(exchange),
    reach: () => parts.reach(principal),
    upstream: () => parts.upstream(principal, () => callersToken({ rawHeaders, url }, principal)),
  };
  return { answer: await serveDecided(inspected, call, parts.resource), endless: inspected.endless };
}
