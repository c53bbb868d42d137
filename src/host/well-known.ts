import type { RequestHandler } from 'express';
import { exactPath } from './exact-path.ts';

/**
 * Serves the public documents (RFC 9728, RFC 8414, OpenID discovery) at exactly their paths, byte-equal for everyone and
 * readable from any web origin. Any other spelling of a path is not here.
 */
export function wellKnownRoutes(documents: ReadonlyMap<string, object>): RequestHandler {
  const bodies = new Map([...documents].map(([path, document]) => [path, JSON.stringify(document)]));
  return (request, response, next) => {
    const path = exactPath(request.originalUrl);
    const body = path === undefined ? undefined : bodies.get(path);
    if (body === undefined) return next();
    response.set({ 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'public, max-age=300' });
    if (request.method === 'OPTIONS') {
      const asked = request.headers['access-control-request-headers'];
      response.set({ 'Access-Control-Allow-Methods': 'GET, HEAD', Vary: 'Access-Control-Request-Headers' });
      if (asked !== undefined)
        response.set('Access-Control-Allow-Headers', 'MCP-Protocol-Version, Content-Type, Accept');
      response.status(204).end();
    } else if (request.method === 'GET' || request.method === 'HEAD') {
      response.type('application/json').send(body);
    } else {
      response.status(405).set('Allow', 'GET, HEAD, OPTIONS').json({ error: 'invalid_request' });
    }
  };
}
