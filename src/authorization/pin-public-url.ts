import type { RequestHandler } from 'express';
import { basePath } from './interactions/interaction-paths.ts';

/**
 * Makes every request look as if it had come to the public URL, whatever its headers and the proxies before us say, so
 * that no URL, cookie or check downstream is derived from a header.
 */
export function pinPublicUrl(publicUrl: URL): RequestHandler {
  const { host, protocol } = publicUrl;
  const path = basePath(publicUrl);
  return (request, _response, next) => {
    for (const name of Object.keys(request.headers)) {
      if (name === 'forwarded' || (name.startsWith('x-forwarded-') && name !== 'x-forwarded-for')) {
        delete request.headers[name];
      }
    }
    request.headers.host = host;
    request.headers['x-forwarded-host'] = host;
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1);
    // RFC 9112 §3.2.2: a request line may hold a whole URL, with a host of its own.
    request.url = request.url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '');
    request.originalUrl = `${path}${request.url}`;
    request.baseUrl = path;
    next();
  };
}
