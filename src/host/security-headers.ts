import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * The headers that every answer carries (helmet). Pages set a content security policy of their own; everything else
 * gets one that allows nothing.
 */
export function securityHeaders(publicUrl: URL): RequestHandler {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: publicUrl.protocol === 'https:',
  });
}
