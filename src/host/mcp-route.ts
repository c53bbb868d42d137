import type { Request, RequestHandler, Response } from 'express';
import type { Clock } from '../core/clock.ts';
import { type GatehouseError, TooManyRequests } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Principal } from '../core/principal.ts';
import type { ProtectedResource } from '../core/protected-resource.ts';
import type { UpstreamToken } from '../core/upstream-token.ts';
import { authenticate, callersToken } from '../gate/authenticate.ts';
import { type ChallengeScheme, type Refusal, refuse } from '../gate/challenge.ts';
import { CLOCK_SKEW, isExpired } from '../gate/claims.ts';
import { decide, permitted } from '../gate/decide.ts';
import type { Proofs } from '../gate/dpop/proofs.ts';
import type { Verifier } from '../gate/verifier.ts';
import type { Endpoint } from '../mcp/endpoint.ts';
import { httpFacts } from '../mcp/http-facts.ts';
import { requestIdOf } from '../mcp/rpc-answer.ts';
import { allowOrigin, isPreflight } from './cors.ts';
import type { McpLimits } from './limits/mcp-limits.ts';
import { readJson } from './read-json.ts';
import { sendWebResponse, toWebRequest } from './web-exchange.ts';
import { whileGood } from './while-good.ts';

type WebResponse = globalThis.Response;

/** What one mount's MCP endpoint is made of. */
export interface McpRouteParts {
  readonly resource: ProtectedResource;
  readonly metadataUrl: string;
  readonly endpoint: Endpoint;
  readonly verifier: Verifier;
  /** How callers prove the keys that their tokens are bound to. Left out, such tokens are refused. */
  readonly proofs?: Proofs | undefined;
  readonly limits: McpLimits;
  /** Bytes. */
  readonly bodyLimit: number;
  readonly log: Log;
  readonly clock: Clock;
  acceptsOrigin(origin: string): boolean;
  /** Calls `look` soon after a token may have been ended on any node. */
  whenEnded(look: () => void): () => void;
  /** Whether scopes could be granted to the caller by a step-up. */
  reach(principal: Principal): Promise<(required: readonly string[]) => boolean>;
  /** The caller's token for the API of where they signed in. `own` tells the one that they came with. */
  upstream(principal: Principal, own: () => string): Promise<UpstreamToken>;
}

/**
 * The way of one MCP call: origin, who, how often, method, body, may they, do it. What is decided on is the parsed message
 * that is dispatched.
 */
export function mcpRoute(parts: McpRouteParts): RequestHandler {
  return async (request, response) => {
    if (!admitOrigin(request, response, parts)) return;
    const log = parts.log.with({ request: response.locals.requestId });
    try {
      const principal = await whoCalls(request, response, parts);
      const retryAfter = await parts.limits.called(principal);
      if (retryAfter !== undefined) return sendLimited(request, response, retryAfter);
      await call(request, response, parts, principal, log);
    } catch (error) {
      if (error instanceof TooManyRequests) return sendLimited(request, response, error.retryAfter);
      const retryAfter = await parts.limits.refused(error, request);
      if (retryAfter !== undefined) return sendLimited(request, response, retryAfter);
      const refusal = refuse(error, {
        resource: parts.resource,
        metadataUrl: parts.metadataUrl,
        scheme: askedScheme(request, parts),
      });
      logRefusal(log, parts.resource, refusal, error);
      sendRefusal(request, response, refusal);
    }
  };
}

/** The caller, and that they hold the key of their token. The proof is spent last: a refused call spends none. */
async function whoCalls(request: Request, response: Response, parts: McpRouteParts): Promise<Principal> {
  const { rawHeaders, originalUrl: url, method } = request;
  const proof = await parts.proofs?.ofCall({ rawHeaders, url, method }, parts.resource.uri);
  if (proof?.nextNonce !== undefined) response.set('DPoP-Nonce', proof.nextNonce);
  const principal = await whoHolds(request, parts, proof?.key);
  await proof?.spend();
  return principal;
}

const whoHolds = ({ rawHeaders, originalUrl: url }: Request, parts: McpRouteParts, key: string | undefined) =>
  authenticate({ rawHeaders, url }, parts.verifier, parts.resource, parts.clock, key);

/** A client that has asked for no proof before learns of them from the metadata: many read a single Bearer challenge only. */
const askedScheme = ({ headers }: Request, { proofs }: McpRouteParts): ChallengeScheme =>
  proofs?.required || (proofs !== undefined && /^\s*dpop(\s|$)/i.test(headers.authorization ?? '')) ? 'DPoP' : 'Bearer';

/** How long to wait where all streams of a caller are open, in seconds: nobody knows when one ends. */
const STREAM_WAIT = 30;

/** Milliseconds after which the token of an open stream is looked at again. */
const LOOK_AGAIN = 15_000;

/** True when the call may go on; otherwise the answer has been given. */
function admitOrigin(request: Request, response: Response, parts: McpRouteParts): boolean {
  const origin = request.headers.origin;
  if (origin === undefined) return true;
  if (!parts.acceptsOrigin(origin)) {
    sendRpcError(response, 403, -32600, 'This web origin may not call. See ALLOWED_ORIGINS.');
    return false;
  }
  allowOrigin(request, response, origin);
  if (!isPreflight(request)) return true;
  response.status(204).end();
  return false;
}

const NO_BODY = { message: undefined };

async function call(request: Request, response: Response, parts: McpRouteParts, principal: Principal, log: Log) {
  const { httpMethods } = parts.endpoint;
  if (!httpMethods.includes(request.method)) {
    response.set('Allow', httpMethods.join(', '));
    return sendRpcError(response, 405, -32000, 'Method not allowed.');
  }
  const body = request.method === 'POST' ? await readJson(request, parts.bodyLimit) : NO_BODY;
  if ('refusal' in body) {
    closeAfter(request, response);
    return sendRpcError(response, body.refusal.status, -32700, body.refusal.message);
  }
  const exchange = toWebRequest(request, parts.resource.uri, response);
  const inspected = parts.endpoint.inspect(exchange, body.message);
  if (inspected.kind === 'refused') return sendWebResponse(response, inspected.response);
  decide(principal, inspected.scopes, parts.resource);
  const retryAfter = inspected.limited && (await parts.limits.usedTool(principal, inspected.limited));
  if (retryAfter !== undefined) return sendLimited(request, response, retryAfter, requestIdOf(body.message));
  if (inspected.endless) {
    const release = parts.limits.stream(principal);
    if (release === undefined) return sendLimited(request, response, STREAM_WAIT, requestIdOf(body.message));
    if (response.closed) release();
    else response.once('close', release);
  }
  const { rawHeaders, originalUrl: url } = request;
  let fault: GatehouseError | undefined;
  const answer = await inspected.serve({
    principal,
    requestId: response.locals.requestId,
    log,
    http: httpFacts(exchange),
    allows: (required) => permitted(principal, required, parts.resource),
    reach: () => parts.reach(principal),
    upstream: () => parts.upstream(principal, () => callersToken({ rawHeaders, url }, principal)),
    refuse: (error) => {
      fault ??= error;
    },
  });
  // A stream has begun to be sent: there the failure is told in the protocol's own words.
  if (fault !== undefined && !isStream(answer)) throw fault;
  await sendWebResponse(response, inspected.endless ? whileTokenGood(answer, request, parts, principal) : answer);
}

const isStream = ({ headers }: WebResponse): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') ?? false;

/** A stream lives no longer than the token that it was opened with. */
const whileTokenGood = (answer: WebResponse, request: Request, parts: McpRouteParts, principal: Principal) =>
  whileGood(answer, {
    every: LOOK_AGAIN,
    left: (principal.expiresAt + CLOCK_SKEW - parts.clock()) * 1000,
    watch: parts.whenEnded,
    check: () => whoHolds(request, parts, principal.boundTo),
    isOver: () => isExpired(principal.expiresAt, parts.clock()),
  });

function sendRefusal(request: Request, response: Response, refusal: Refusal): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  closeAfter(request, response);
  response.status(refusal.status).set(refusal.headers).json(refusal.body);
}

/** A refused upload is not drained: the connection ends with the answer. */
function closeAfter(request: Request, response: Response): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  if (request.headers['transfer-encoding'] !== undefined || declared > 65_536) response.set('Connection', 'close');
}

/** 429 (RFC 6585 §4). There is no challenge: another token would not help. */
function sendLimited(request: Request, response: Response, retryAfter: number, id: RpcId = null): void {
  closeAfter(request, response);
  response.set({ 'Retry-After': String(retryAfter), 'Cache-Control': 'no-store' });
  sendRpcError(response, 429, -32000, 'Too many requests. Try again later.', id);
}

type RpcId = ReturnType<typeof requestIdOf>;

function sendRpcError(response: Response, status: number, code: number, message: string, id: RpcId = null): void {
  response.status(status).json({ jsonrpc: '2.0', error: { code, message }, id });
}

function logRefusal(log: Log, resource: ProtectedResource, refusal: Refusal, error: unknown): void {
  const fields = { resource: resource.uri, status: refusal.status, reason: reasonOf(error) };
  if (refusal.status >= 500) log.error('call_failed', { ...fields, error });
  else log.info('call_refused', fields);
}

const reasonOf = (error: unknown): unknown =>
  error !== null && typeof error === 'object' && 'reason' in error ? error.reason : undefined;
