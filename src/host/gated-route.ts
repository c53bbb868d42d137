import type { Request, RequestHandler, Response } from 'express';
import type { Clock } from '../core/clock.ts';
import { TooManyRequests } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Principal } from '../core/principal.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import { authenticate } from '../gate/authenticate.ts';
import { type ChallengeScheme, type Refusal, refuse } from '../gate/challenge.ts';
import type { Proofs } from '../gate/dpop/proofs.ts';
import type { Turn, Verifier } from '../gate/verifier.ts';
import type { requestIdOf } from '../mcp/rpc-answer.ts';
import { allowOrigin, isPreflight } from './cors.ts';
import type { McpLimits } from './limits/mcp-limits.ts';

/** What the gate of one mount is made of. */
export interface GateParts {
  readonly resource: ProtectedResource;
  readonly metadataUrl: string;
  readonly verifier: Verifier;
  /** How callers prove the keys that their tokens are bound to. Left out, such tokens are refused. */
  readonly proofs?: Proofs | undefined;
  readonly limits: McpLimits;
  readonly log: Log;
  readonly clock: Clock;
  acceptsOrigin(origin: string): boolean;
}

/** A request whose caller is known and has room left. */
export interface GatedCall {
  readonly request: Request;
  readonly response: Response;
  readonly principal: Principal;
  readonly log: Log;
}

/** Why a request is not served, as HTTP and as JSON-RPC have it. */
export interface Problem {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  /** Of the message that it is about. */
  readonly id?: ReturnType<typeof requestIdOf>;
}

/** The form in which a kind of route says that it does not serve. */
export interface Form {
  problem(response: Response, problem: Problem): void;
  refusal(response: Response, refusal: Refusal): void;
}

/**
 * The way into a mount: origin, who, how often; then `run`. Whatever `run` throws is answered as the gate answers. `uri` is the
 * public address of the route, which proofs must name.
 */
export function gatedRoute(
  parts: GateParts,
  form: Form,
  uri: string,
  run: (call: GatedCall) => Promise<void>,
): RequestHandler {
  return async (request, response) => {
    if (!admitOrigin(request, response, parts, form)) return;
    const log = parts.log.with({ request: response.locals.requestId });
    try {
      const principal = await whoCalls(request, response, parts, uri);
      const retryAfter = await parts.limits.called(principal);
      if (retryAfter !== undefined) return sendLimited(request, response, form, retryAfter);
      await run({ request, response, principal, log });
    } catch (error) {
      if (error instanceof TooManyRequests) {
        log.info('call_refused', { status: error.status, reason: error.reason });
        return sendLimited(request, response, form, error.retryAfter);
      }
      const retryAfter = await parts.limits.refused(error, request);
      if (retryAfter !== undefined) return sendLimited(request, response, form, retryAfter);
      const { resource, metadataUrl } = parts;
      const refusal = refuse(error, { resource, metadataUrl, scheme: askedScheme(request, parts) });
      logRefusal(log, resource, refusal, error);
      sendRefusal(request, response, form, refusal);
    }
  };
}

/** The caller, and that they hold the key of their token. The proof is spent last: a refused call spends none. */
async function whoCalls(request: Request, response: Response, parts: GateParts, uri: string): Promise<Principal> {
  const { rawHeaders, originalUrl: url, method } = request;
  const proof = await parts.proofs?.ofCall({ rawHeaders, url, method }, uri);
  if (proof?.nextNonce !== undefined) response.set('DPoP-Nonce', proof.nextNonce);
  const principal = await whoHolds(request, parts, proof?.key, parts.limits.turn(request));
  await proof?.spend();
  return principal;
}

/** Whose token a request carries, and that it is bound to `key` where it is bound. Without a `turn` it is asked about at once. */
export function whoHolds(request: Request, parts: GateParts, key: string | undefined, turn?: Turn): Promise<Principal> {
  const { rawHeaders, originalUrl: url } = request;
  const verifier: Verifier = {
    verify: (token, resource, proven) => parts.verifier.verify(token, resource, proven, turn),
  };
  return authenticate({ rawHeaders, url }, verifier, parts.resource, parts.clock, key);
}

/** A client that has asked for no proof before learns of them from the metadata: many read a single Bearer challenge only. */
const askedScheme = ({ headers }: Request, { proofs }: GateParts): ChallengeScheme =>
  proofs?.required || (proofs !== undefined && /^\s*dpop(\s|$)/i.test(headers.authorization ?? '')) ? 'DPoP' : 'Bearer';

/** True when the call may go on; otherwise the answer has been given. */
function admitOrigin(request: Request, response: Response, parts: GateParts, form: Form): boolean {
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  if (!parts.acceptsOrigin(origin)) {
    const message = 'This web origin may not call. See ALLOWED_ORIGINS.';
    form.problem(response, { status: 403, code: -32600, message });
    return false;
  }
  allowOrigin(request, response, origin);
  if (!isPreflight(request)) return true;
  response.status(204).end();
  return false;
}

function sendRefusal(request: Request, response: Response, form: Form, refusal: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  closeAfter(request, response);
  form.refusal(response, refusal);
}

/** A refused upload is not drained: the connection ends with the answer. */
export function closeAfter(request: Request, response: Response): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (request.headers['transfer-encoding'] !== undefined || declared > 65_536) response.set('Connection', 'close');
}

/** 429 (RFC 6585 §4). There is no challenge: another token would not help. */
export function sendLimited(
  request: Request,
  response: Response,
  form: Form,
  retryAfter: number,
  id: Problem['id'] = null,
): void {
  closeAfter(request, response);
  response.set({ 'Retry-After': String(retryAfter), 'Cache-Control': 'no-store' });
  form.problem(response, { status: 429, code: -32000, message: 'Too many requests. Try again later.', id });
}

function logRefusal(log: Log, resource: ProtectedResource, refusal: Refusal, error: unknown): void {
  const fields = { resource: resource.uri, status: refusal.status, reason: reasonOf(error) };
  if (refusal.status >= 500) log.error('call_failed', { ...fields, error });
  else log.info('call_refused', fields);
}

const reasonOf = (error: unknown): unknown =>
  error !== null && typeof error === 'object' && 'reason' in error ? error.reason : undefined;
