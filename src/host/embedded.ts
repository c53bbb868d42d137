import type { RequestHandler } from 'express';
import { exactPath } from './exact-path.ts';
import type { Service } from './service.ts';

/**
 * In somebody else's app only our own paths are touched; everything else passes by untouched. What counts is the whole
 * path as it was sent, wherever in that app we are.
 */
export function embedded(first: RequestHandler, start: () => Promise<Service>): RequestHandler {
  return async (request, response, next) => {
    const service = await start();
    if (!service.owns(exactPath(request.originalUrl) ?? '')) return next();
    const { url, baseUrl } = request;
    const pass = (error?: unknown) => {
      Object.assign(request, { url, baseUrl });
      next(error);
    };
    Object.assign(request, { url: request.originalUrl, baseUrl: '' });
    first(request, response, (error?: unknown) =>
      error === undefined ? service.handle(request, response, pass) : pass(error),
    );
  };
}
