import type { Request, RequestHandler } from 'express';
import type { Principal } from '../core/principal.ts';
import { CLOCK_SKEW, isExpired } from '../gate/claims.ts';
import { requestIdOf } from '../mcp/rpc-answer.ts';
import { closeAfter, type Form, type GatedCall, gatedRoute, sendLimited, whoHolds } from './gated-route.ts';
import { readJson } from './read-json.ts';
import { type ServeParts, serveMessage } from './serve-message.ts';
import { sendWebResponse, toWebRequest } from './web-exchange.ts';
import { whileGood } from './while-good.ts';

/** What one mount's MCP endpoint is made of. */
export interface McpRouteParts extends ServeParts {
  /** Bytes. */
  readonly bodyLimit: number;
  /** Calls `look` soon after a token may have been ended on any node. */
  whenEnded(look: () => void): () => void;
}

/** Milliseconds after which the token of an open stream is looked at again. */
const LOOK_AGAIN = 15_000;

/** The way of one MCP call: origin, who, how often, method, body, may they, do it. */
export const mcpRoute = (parts: McpRouteParts): RequestHandler =>
  gatedRoute(parts, JSON_RPC, parts.resource.uri, (call) => serveCall(call, parts));

/** What is no JSON-RPC answer of the endpoint is said in its form all the same. */
const JSON_RPC: Form = {
  problem: (response, { status, code, message, id = null }) =>
    response.status(status).json({ jsonrpc: '2.0', error: { code, message }, id }),
  refusal: (response, { status, headers, body }) => response.status(status).set(headers).json(body),
};

const NO_BODY = { message: undefined };

async function serveCall(call: GatedCall, parts: McpRouteParts): Promise<void> {
  const { request, response, principal } = call;
  const { httpMethods } = parts.endpoint;
  if (!httpMethods.includes(request.method)) {
    response.set('Allow', httpMethods.join(', '));
    return JSON_RPC.problem(response, { status: 405, code: -32000, message: 'Method not allowed.' });
  }
  const body = request.method === 'POST' ? await readJson(request, parts.bodyLimit) : NO_BODY;
  if ('refusal' in body) {
    closeAfter(request, response);
    return JSON_RPC.problem(response, { code: -32700, ...body.refusal });
  }
  const exchange = toWebRequest(request, parts.resource.uri, response);
  const served = await serveMessage(call, exchange, body.message, parts);
  if ('retryAfter' in served) {
    return sendLimited(request, response, JSON_RPC, served.retryAfter, requestIdOf(body.message));
  }
  const { answer, endless } = served;
  await sendWebResponse(response, endless ? whileTokenGood(answer, request, parts, principal) : answer);
}

/** A stream lives no longer than the token that it was opened with. */
const whileTokenGood = (
  answer: globalThis.Response,
  request: Request,
  parts: McpRouteParts,
  principal: Principal,
): globalThis.Response =>
  whileGood(answer, {
    every: LOOK_AGAIN,
    left: (principal.expiresAt + CLOCK_SKEW - parts.clock()) * 1000,
    watch: parts.whenEnded,
    check: () => whoHolds(request, parts, principal.boundTo),
    isOver: () => isExpired(principal.expiresAt, parts.clock()),
  });
