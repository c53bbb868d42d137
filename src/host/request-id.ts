import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';

/** Gives each request an id of our own making, told in `X-Request-Id` and in every log line of the request. */
export const requestId: RequestHandler = (_request, response, next) => {
  const id = randomUUID();
  response.locals.requestId = id;
  response.set('X-Request-Id', id);
  next();
};
