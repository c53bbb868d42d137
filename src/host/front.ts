import { type RequestHandler, Router } from 'express';
import type { Config } from '../config.ts';
import type { Log } from '../core/log.ts';
import { healthRoutes } from './health.ts';
import { requireOwnHost } from './host-header.ts';
import { requestId } from './request-id.ts';
import { securityHeaders } from './security-headers.ts';

/** What every request meets first: an id, the health routes (asked by address, so before the Host check), Host, headers. */
export function front(config: Config, log: Log, ready: () => Promise<void>): RequestHandler {
  const router = Router({ caseSensitive: true, strict: true });
  router.use(requestId, healthRoutes(ready, log), requireOwnHost(config.publicUrl), securityHeaders(config.publicUrl));
  return router;
}
