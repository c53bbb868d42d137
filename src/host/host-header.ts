import type { RequestHandler } from 'express';
import { isLoopbackHost } from '../core/public-url.ts';

/**
 * Refuses requests that were not sent to us by name: the answer to DNS rebinding. One Host line, which names
 * `publicUrl` (any loopback name where that is loopback); 400 or 421 (RFC 9110 §7.4), nothing reflected.
 */
export function requireOwnHost(publicUrl: URL): RequestHandler {
  const loopback = isLoopbackHost(publicUrl.hostname);
  return (request, response, next) => {
    const lines = hostLines(request.rawHeaders);
    const host = lines[0];
    if (lines.length !== 1 || host === undefined) {
      response.status(400).json({ error: 'invalid_request', error_description: 'Exactly one Host header is needed.' });
    } else if (host.toLowerCase() === publicUrl.host || (loopback && isLoopbackHost(hostname(host)))) {
      next();
    } else {
      response.status(421).json({
        error: 'invalid_request',
        error_description: 'This server does not answer for that host name. See PUBLIC_URL.',
      });
    }
  };
}

const hostname = (host: string): string => host.toLowerCase().replace(/:\d{1,5}$/, '');

function hostLines(rawHeaders: readonly string[]): readonly string[] {
  return rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === 'host');
}
