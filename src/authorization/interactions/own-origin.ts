import type { RequestHandler } from 'express';
import { forbidden } from './refused-page.ts';

const FRAMES: ReadonlySet<string> = new Set(['iframe', 'frame', 'embed', 'object', 'fencedframe']);

/** Refuses a page that is asked for as part of another one; `frame-ancestors` is the browser's half of the same rule. */
export const notFramed: RequestHandler = (request, _response, next) => {
  next(FRAMES.has(request.get('sec-fetch-dest') ?? '') ? forbidden('framed') : undefined);
};

/**
 * Refuses a POST that another origin sent. Browsers say where a form comes from; a client that is no browser says
 * nothing and needs the form's token all the same.
 */
export const ownOrigin =
  (publicUrl: URL): RequestHandler =>
  (request, _response, next) => {
    const origin = request.get('origin');
    const site = request.get('sec-fetch-site');
    const foreign =
      (origin !== undefined && origin !== publicUrl.origin) || (site !== undefined && site !== 'same-origin');
    next(foreign ? forbidden('cross_origin_post') : undefined);
  };
