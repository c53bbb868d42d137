import { errors, type KoaContextWithOIDC } from 'oidc-provider';
import { GatehouseError, TooManyRequests, Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Branding } from './pages/branding.ts';
import { errorPage } from './pages/error-page.ts';

interface Words {
  readonly title: string;
  readonly message: string;
}

const UNAVAILABLE: Words = {
  title: 'Please try again',
  message: 'The server cannot do this at the moment. Wait a little, then go back to the app and start again.',
};
const TOO_MANY: Words = {
  title: 'Too many requests',
  message: 'There were too many from your network. Wait a minute, then go back to the app and start again.',
};
const ENDED: Words = {
  title: 'This request has ended',
  message: 'It was answered already, or it waited too long. Go back to the app and start signing in again.',
};
const WRONG_REDIRECT: Words = {
  title: 'The app cannot be answered',
  message: 'It asked for the answer at an address that it has not registered here. Nothing was sent to it.',
};
const UNKNOWN_CLIENT: Words = {
  title: 'The app is not known here',
  message: 'It is not registered with this server, or no longer. Remove this server from the app and add it again.',
};
const BROKEN: Words = {
  title: 'The request cannot be read',
  message: 'The app sent a request that does not follow the rules. Nothing was done.',
};

/** `renderError` of oidc-provider: a page in our own words, for requests that have nowhere safe to be sent back to. */
export const renderErrorPage =
  (branding: Branding, log: Log) =>
  async (ctx: KoaContextWithOIDC, _out: unknown, error: Error): Promise<void> => {
    const status = statusOf(error);
    const requestId = ctx.response.get('x-request-id');
    log[status < 500 ? 'info' : 'error']('authorization_page_refused', {
      status,
      request: requestId,
      ...facts(error),
    });
    const page = errorPage({ branding, status, ...wordsFor(error), ...(requestId !== '' && { requestId }) });
    if (error instanceof Unavailable || error instanceof TooManyRequests) {
      ctx.set('Retry-After', String(error.retryAfter));
    }
    ctx.status = page.status;
    ctx.set(page.headers);
    ctx.body = page.html;
  };

function statusOf(error: Error): number {
  if (error instanceof errors.SessionNotFound) return 410;
  return error instanceof GatehouseError || error instanceof errors.OIDCProviderError ? error.status : 500;
}

function wordsFor(error: Error): Words {
  if (error instanceof TooManyRequests) return TOO_MANY;
  if (error instanceof errors.SessionNotFound) return ENDED;
  if (error instanceof errors.InvalidRedirectUri) return WRONG_REDIRECT;
  if (error instanceof errors.InvalidClient || error instanceof errors.InvalidClientMetadata) return UNKNOWN_CLIENT;
  return error instanceof errors.OIDCProviderError && error.expose ? BROKEN : UNAVAILABLE;
}

function facts(error: Error): object {
  if (error instanceof GatehouseError) return { reason: error.reason, error };
  if (error instanceof errors.OIDCProviderError) return { reason: error.error, detail: error.error_detail };
  return { reason: 'unexpected', error };
}
