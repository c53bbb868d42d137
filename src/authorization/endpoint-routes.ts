import type { IncomingMessage, ServerResponse } from 'node:http';
import express, { type RequestHandler, Router } from 'express';
import { noteAskingNetwork } from './asking-network.ts';
import type { RegistrationMode } from './options.ts';
import { pinPublicUrl } from './pin-public-url.ts';
import { ENDPOINTS } from './server-metadata.ts';

/** How a path may be used. */
interface Route {
  readonly methods: readonly string[];
  /** Whether programs in a browser may call it from any origin. */
  readonly open: boolean;
}

const MANAGEMENT = `${ENDPOINTS.registration}/:clientId`;
const JSON_POST: Route = { methods: ['POST'], open: true };
const ROUTES: ReadonlyMap<string, Route> = new Map([
  [ENDPOINTS.authorization, { methods: ['GET', 'HEAD'], open: false }],
  [`${ENDPOINTS.authorization}/:uid`, { methods: ['GET', 'HEAD'], open: false }],
  [ENDPOINTS.token, JSON_POST],
  [ENDPOINTS.registration, JSON_POST],
  [MANAGEMENT, { methods: ['GET', 'PUT', 'DELETE'], open: true }],
  [ENDPOINTS.revocation, JSON_POST],
  [ENDPOINTS.introspection, JSON_POST],
  [ENDPOINTS.jwks, { methods: ['GET', 'HEAD'], open: true }],
]);

/** The pages that interactionRoutes serves. */
const PAGES = /^\/(?:sign-out|interaction\/[^/]+(?:\/[a-z-]+)?|auth\/callback\/[^/]+)$/;

/** Whether a path below the issuer is one of the endpoints or pages. */
export const isEndpointPath = (path: string): boolean =>
  PAGES.test(path) || Object.values<string>(ENDPOINTS).includes(path) || /^\/(?:authorize|register)\/[^/]+$/.test(path);

/** What the routes lead to. */
export interface EndpointRoutesParts {
  readonly publicUrl: URL;
  readonly provider: { callback(): (request: IncomingMessage, response: ServerResponse) => unknown };
  readonly pages: RequestHandler;
  /** How clients register. Only those that are kept can be managed (RFC 7592). */
  readonly registration: RegistrationMode;
}

/** The endpoints and pages under one Express router. Whatever is not theirs is passed on untouched. */
export function endpointRoutes({ publicUrl, provider, pages, registration }: EndpointRoutesParts): express.Router {
  const router = Router({ caseSensitive: true, strict: true });
  const pin = pinPublicUrl(publicUrl);
  const callback = provider.callback();
  const serve: RequestHandler = async (request, response) => {
    await callback(request, response);
  };
  const closed = { open: '', stateless: MANAGEMENT, off: ENDPOINTS.registration }[registration];
  const open = [...ROUTES].filter(([path]) => path !== closed);
  for (const [path, route] of open) {
    router.all(path, crossOrigin(route), allowMethods(route), pin, noteAskingNetwork, serve);
  }
  router.use((request, response, next) => {
    if (!PAGES.test(request.path)) return next();
    pin(request, response, () => noteAskingNetwork(request, response, () => pages(request, response, next)));
  });
  return router;
}

/** Any web origin may call and read, without cookies; `null` is no origin. */
function crossOrigin({ methods, open }: Route): RequestHandler {
  return (request, response, next) => {
    if (!open) return next();
    const { origin } = request.headers;
    response.vary('Origin').set('Access-Control-Expose-Headers', 'WWW-Authenticate, DPoP-Nonce, Retry-After');
    if (origin !== undefined && origin !== 'null') response.set('Access-Control-Allow-Origin', '*');
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return next();
    response
      .set({
        'Access-Control-Allow-Methods': methods.join(', '),
        'Access-Control-Allow-Headers': 'Authorization, DPoP, Content-Type, Accept, MCP-Protocol-Version',
        'Access-Control-Max-Age': '600',
      })
      .sendStatus(204);
  };
}

function allowMethods({ methods }: Route): RequestHandler {
  return (request, response, next) => {
    if (methods.includes(request.method)) return next();
    response
      .status(405)
      .set({ Allow: methods.join(', '), 'Cache-Control': 'no-store', Pragma: 'no-cache' })
      .json({ error: 'invalid_request', error_description: `This address takes ${methods.join(', ')} only.` });
  };
}
