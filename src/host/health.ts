import { type RequestHandler, Router } from 'express';
import { Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { within } from './within.ts';

/** A probe is answered within this many milliseconds, also when the store is not. */
const PATIENCE = 2000;

/** `/healthz`: the process answers. `/readyz`: it should be sent traffic; 503 while it starts, drains or lacks its store. */
export function healthRoutes(ready: () => Promise<void>, log: Log): RequestHandler {
  const router = Router({ caseSensitive: true, strict: true });
  router.get('/healthz', (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    response.set('Cache-Control', 'no-store');
    try {
      if (!(await within(ready(), PATIENCE))) throw new Unavailable('the store does not answer');
      response.json({ status: 'ready' });
    } catch (error) {
      log.warn('not_ready', { error });
      response.status(503).set('Retry-After', '5').json({ status: 'not ready' });
    }
  });
  return router;
}
