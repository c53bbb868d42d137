import type { RequestHandler } from 'express';
import helmet from 'helmet';

/**
 * The headers that every answer carries (helmet). Pages set a content security policy of their own; everything else
 * gets one that allows nothing.
 */
export function securityHeaders(publicUrl: URL): RequestHandler {
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // A client may open the sign-in in a window of its own and wait for it: its hold on that window must survive us.
    crossOriginOpenerPolicy: { policy: 'unsafe-none' },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    // Only for this host: what else lives below its name is not ours to decide.
    strictTransportSecurity: publicUrl.protocol === 'https:' && { includeSubDomains: false },
  });
}
