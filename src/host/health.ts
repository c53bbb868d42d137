import { type RequestHandler, Router } from 'express';
import type { Log } from '../core/log.ts';

/** `/healthz`: the process answers. `/readyz`: it should be sent traffic; 503 while it starts, drains or lacks its store. */
export function healthRoutes(ready: () => Promise<void>, log: Log): RequestHandler {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    response.set('Cache-Control', 'no-store');
    try {
      await ready();
      response.json({ status: 'ready' });
    } catch (error) {
      log.warn('not_ready', { error });
      response.status(503).set('Retry-After', '5').json({ status: 'not ready' });
    }
  });
  return router;
}
