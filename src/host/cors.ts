import type { Request, Response } from 'express';
import { isLoopbackHost } from '../core/public-url.ts';

const ALLOWED_HEADERS = [
  'Authorization',
  'DPoP',
  'Content-Type',
  'Accept',
  'Last-Event-ID',
  'Mcp-Session-Id',
  'MCP-Protocol-Version',
  'Mcp-Method',
  'Mcp-Name',
];
const EXPOSED_HEADERS = 'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, MCP-Protocol-Version, Retry-After, X-Request-Id';

/** Which web origins may call: the server's own, those configured, and this machine's where the server is on it. */
export function originPolicy(publicUrl: URL, allowed: readonly string[]): (origin: string) => boolean {
  const known = new Set([publicUrl.origin, ...allowed]);
  const loopback = isLoopbackHost(publicUrl.hostname);
  return (origin) => {
    if (known.has(origin)) return true;
    return loopback && URL.canParse(origin) && isLoopbackHost(new URL(origin).hostname);
  };
}

/**
 * Lets a browser client read every answer of an MCP endpoint, refusals too (Fetch, CORS protocol). `Authorization` is
 * named because a wildcard does not cover it. Custom `Mcp-Param-*` headers are echoed from the preflight.
 */
export function allowOrigin(request: Request, response: Response, origin: string): void {
  response.vary('Origin');
  response.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Expose-Headers': EXPOSED_HEADERS });
  if (!isPreflight(request)) return;
  const asked = String(request.headers['access-control-request-headers'] ?? '').split(',');
  const custom = asked.map((name) => name.trim()).filter((name) => /^mcp-param-[a-z0-9-]{1,64}$/i.test(name));
  response.set({
    'Access-Control-Allow-Methods': 'POST, GET, DELETE',
    'Access-Control-Allow-Headers': [...ALLOWED_HEADERS, ...custom].join(', '),
    'Access-Control-Max-Age': '600',
  });
}

/** Whether this is a CORS preflight and not an OPTIONS request of its own. */
export const isPreflight = (request: Request): boolean =>
  request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
