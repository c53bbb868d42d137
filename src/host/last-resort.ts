import type { ErrorRequestHandler, RequestHandler } from 'express';
import { Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';

/** What nobody answers: 404, nothing reflected. */
export const notFound: RequestHandler = (_request, response) => {
  response.status(404).json({ error: 'not_found', error_description: 'There is nothing at this address.' });
};

/** What nobody caught: told to the log, generic to the caller. 503 where a dependency is at fault. */
export function lastResort(log: Log): ErrorRequestHandler {
  return (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error);
    const status = statusOf(error);
    if (status >= 500) log.error('request_failed', { request: response.locals.requestId, error });
    if (error instanceof Unavailable) response.set('Retry-After', String(error.retryAfter));
    response
      .status(status)
      .set('Cache-Control', 'no-store')
      .json(BODIES[status] ?? BODIES[500]);
  };
}

const BODIES: Record<number, { error: string; error_description: string }> = {
  400: { error: 'invalid_request', error_description: 'The request is malformed.' },
  413: { error: 'invalid_request', error_description: 'The body is too large.' },
  500: { error: 'server_error', error_description: 'Something went wrong here.' },
  503: { error: 'temporarily_unavailable', error_description: 'The service is temporarily unavailable.' },
};

function statusOf(error: unknown): number {
  if (error instanceof Unavailable) return 503;
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return status === 400 || status === 413 ? status : 500;
}
