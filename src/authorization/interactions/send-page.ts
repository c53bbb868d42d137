import type { ErrorRequestHandler, Response } from 'express';
import { errors } from 'oidc-provider';
import { TooManyRequests, Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import type { Branding } from '../pages/branding.ts';
import { errorPage } from '../pages/error-page.ts';
import type { Page } from '../pages/layout.ts';
import { gone, malformed, RefusedPage } from './refused-page.ts';

/** Sends a page as it is. */
export function sendPage(response: Response, { status, headers, html }: Page): void {
  response.status(status).set(headers).send(html);
}

/** Answers what a page could not: a page for people, JSON for whoever asks for that and not for HTML. */
export function refusePages(branding: Branding, log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, title, message, reason } = readFault(error);
    const requestId = response.locals.requestId as string | undefined;
    if (status === 500) log.error('page_failed', { error, request: requestId });
    else log.info('page_refused', { reason, status, request: requestId });
    if (error instanceof Unavailable || error instanceof TooManyRequests) {
      response.set('Retry-After', String(error.retryAfter));
    }
    const page = errorPage({ branding, status, title, message, ...(requestId !== undefined && { requestId }) });
    if (request.accepts(['html', 'json']) !== 'json') return sendPage(response, page);
    response.set({ ...page.headers, 'Content-Type': 'application/json' });
    response.status(status).json({ error: codeOf(status), error_description: title });
  };
}

function codeOf(status: number): string {
  if (status === 429) return 'temporarily_unavailable';
  return status < 500 ? 'invalid_request' : 'server_error';
}

type Fault = Pick<RefusedPage, 'status' | 'title' | 'message' | 'reason'>;

function readFault(error: unknown): Fault {
  if (error instanceof RefusedPage) return error;
  if (error instanceof errors.SessionNotFound) return gone('session_not_found');
  if (error instanceof Unavailable) {
    const message =
      'Part of this server does not answer. Wait a moment, then go back to the app and start signing in again.';
    return { status: 503, title: 'Please try again soon', message, reason: error.reason };
  }
  if (error instanceof TooManyRequests) {
    const message = 'There were too many from your network. Wait a minute, then load this page again.';
    return { status: 429, title: 'Too many requests', message, reason: error.reason };
  }
  // What the body parser refuses: too large, an encoding or charset that it does not read.
  const status = error instanceof Error && 'status' in error ? Number(error.status) : 500;
  if (status >= 400 && status < 500) return malformed('body');
  const message = 'This is not your fault. Go back to the app and start signing in again.';
  return { status: 500, title: 'Something went wrong here', message, reason: 'unexpected' };
}
