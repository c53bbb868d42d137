import {
  classifyInboundRequest,
  type InboundHttpRequest,
  isInitializeRequest,
  type JSONRPCNotification,
  type JSONRPCRequest,
  type MessageClassification,
  SUPPORTED_PROTOCOL_VERSIONS,
  UnsupportedProtocolVersionError,
} from '@modelcontextprotocol/server';
import { requestIdOf, rpcError } from './rpc-answer.ts';
import { checkStandardHeaders, type HeaderMismatch } from './standard-headers.ts';

/** The revision that needs no handshake: every request says for itself what it speaks. */
export const MODERN_REVISION = '2026-07-28';

/** What a message is, once it is known to be one that this endpoint may serve. */
export interface Route {
  readonly era: MessageClassification;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** Undefined for a notification or a response: neither is ever run. */
  readonly request: JSONRPCRequest | undefined;
}

const HEADER_MISMATCH = -32020;
const SERVER_ERROR = -32000;

/** Tells the protocol era of one parsed message, or refuses it with the answer that the protocol prescribes. */
export function classify(request: Request, message: unknown): Route | Response {
  if (request.method !== 'POST') {
    return rpcError(405, { code: SERVER_ERROR, message: 'Method not allowed.' }, null, { allow: 'POST' });
  }
  if (Array.isArray(message)) return rpcError(400, { code: -32600, message: 'Batches are not supported.' });
  const { headers } = request;
  const outcome = classifyInboundRequest(inboundOf(headers, message));
  const id = requestIdOf(message);
  if (outcome.kind === 'reject') {
    const { httpStatus, code, message: text, data } = outcome;
    return rpcError(httpStatus, { code, message: text, data }, id);
  }
  if (outcome.kind === 'legacy') return legacyRoute(headers, message as JSONRPCNotification | JSONRPCRequest);
  const { revision = 'unknown' } = outcome.classification;
  if (revision !== MODERN_REVISION) {
    const {
      code,
      message: text,
      data,
    } = new UnsupportedProtocolVersionError({
      supported: [MODERN_REVISION],
      requested: revision,
    });
    return rpcError(400, { code, message: text, data }, id);
  }
  const route = routeOf(outcome.classification, outcome.message);
  const mismatch = route.request && checkStandardHeaders(headers, route.method, route.params);
  return mismatch === undefined ? route : refuseMismatch(mismatch, route);
}

/** 400 with -32020: a header says something else than the body. */
export const refuseMismatch = (mismatch: HeaderMismatch, { request }: Route): Response =>
  rpcError(400, { code: HEADER_MISMATCH, ...mismatch }, requestIdOf(request));

/** Streamable HTTP of 2025-11-25 and before: both media types accepted, a known revision named after the handshake. */
function legacyRoute(headers: Headers, message: JSONRPCNotification | JSONRPCRequest): Route | Response {
  const accept = headers.get('accept') ?? '';
  if (!accept.includes('application/json') || !accept.includes('text/event-stream')) {
    const text = 'Not Acceptable: accept both application/json and text/event-stream.';
    return rpcError(406, { code: SERVER_ERROR, message: text }, requestIdOf(message));
  }
  const revision = headers.get('mcp-protocol-version');
  if (revision !== null && !isInitializeRequest(message) && !SUPPORTED_PROTOCOL_VERSIONS.includes(revision)) {
    const text = `Bad Request: unsupported protocol version. Supported: ${SUPPORTED_PROTOCOL_VERSIONS.join(', ')}.`;
    return rpcError(400, { code: SERVER_ERROR, message: text }, requestIdOf(message));
  }
  return routeOf({ era: 'legacy' }, message);
}

function routeOf(era: MessageClassification, message: JSONRPCNotification | JSONRPCRequest): Route {
  const { method = '', params = {} } = message;
  return { era, method, params, request: 'id' in message && 'method' in message ? message : undefined };
}

function inboundOf(headers: Headers, body: unknown): InboundHttpRequest {
  const version = headers.get('mcp-protocol-version');
  const method = headers.get('mcp-method');
  return {
    httpMethod: 'POST',
    body,
    ...(version !== null && { protocolVersionHeader: version }),
    ...(method !== null && { mcpMethodHeader: method }),
  };
}
