import { type RequestHandler, Router } from 'express';
import { type AuthorizationServer, createAuthorizationServer } from '../authorization/server.ts';
import type { Config } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import { ConfigError, Unavailable } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { checkResources, metadataPath, metadataUrl, protectedResourceDocument } from '../gate/metadata.ts';
import type { Provider } from '../gate/provider.ts';
import type { Verifier } from '../gate/verifier.ts';
import { createEndpoint } from '../mcp/endpoint.ts';
import type { Store } from '../store/store.ts';
import { authorizationOptions } from './authorization-options.ts';
import { originPolicy } from './cors.ts';
import { exactPath } from './exact-path.ts';
import { mcpRoute } from './mcp-route.ts';
import type { Mount } from './mounts.ts';
import { openState } from './state.ts';
import { wellKnownRoutes } from './well-known.ts';

/** What a service is started from. */
export interface ServiceParts {
  readonly config: Config;
  readonly auth: Provider;
  readonly mounts: readonly Mount[];
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof globalThis.fetch;
  readonly store: Store | undefined;
}

/** A host that has started: its routes, and what must be closed. */
export interface Service {
  readonly handle: RequestHandler;
  readonly authorization: AuthorizationServer | undefined;
  /** Whether a request path is one of ours. */
  owns(path: string): boolean;
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Checks the mounts, opens the state and publishes everything from it. Throws ConfigError with every fault. */
export async function startService(parts: ServiceParts): Promise<Service> {
  const resources = parts.mounts.map((mount) => mount.resource);
  const faults = checkResources(resources);
  if (faults.length > 0) throw new ConfigError(faults);
  const issuing = parts.auth.kind === 'local' ? await startIssuing(parts) : undefined;
  const documents = new Map([...resourceDocuments(parts), ...(issuing?.authorization.documents ?? [])]);
  const endpoints = mountRoutes(parts, issuing?.authorization.verifier ?? externalVerifier(parts));
  const router = Router({ caseSensitive: true, strict: true });
  router.use(wellKnownRoutes(documents));
  router.use((request, response, next) => {
    const route = endpoints.routes.get(exactPath(request.originalUrl) ?? '');
    return route === undefined ? next() : route(request, response, next);
  });
  if (issuing !== undefined) router.use(parts.config.publicUrl.pathname, issuing.authorization.router);
  return {
    handle: router,
    authorization: issuing?.authorization,
    owns: (path) => documents.has(path) || endpoints.routes.has(path) || (issuing?.authorization.owns(path) ?? false),
    ready: async () => issuing?.authorization.ready(),
    close: async () => {
      await endpoints.close();
      await issuing?.authorization.close();
      await issuing?.store.close();
    },
  };
}

async function startIssuing(parts: ServiceParts) {
  const { config, clock, log } = parts;
  const store = await openState(config, { clock, log, ...(parts.store && { store: parts.store }) });
  const resources = parts.mounts.map((mount) => mount.resource);
  const options = authorizationOptions(config, { store, clock, log, resources });
  return { store, authorization: await createAuthorizationServer(options) };
}

function externalVerifier({ auth, clock, log, fetch }: ServiceParts): Verifier {
  if (auth.kind === 'local') throw new Unavailable('no_verifier');
  return auth.verifier({ clock, log, fetch });
}

/** RFC 9728: one document a mount at its path-inserted URL, and the origin's own where there is a single mount. */
function resourceDocuments({ config, auth, mounts }: ServiceParts): ReadonlyMap<string, object> {
  const issuers = auth.kind === 'local' ? [config.publicUrl] : auth.kind === 'direct' ? [auth.issuer] : [];
  const authorizationServers = issuers.map((issuer) => issuer.href.replace(/\/$/, ''));
  const documents = new Map<string, object>();
  for (const { resource } of mounts) {
    documents.set(metadataPath(resource.uri), protectedResourceDocument(resource, { authorizationServers }));
  }
  const only = [...documents.values()];
  if (only.length === 1 && only[0] !== undefined) documents.set('/.well-known/oauth-protected-resource', only[0]);
  return documents;
}

function mountRoutes({ config, mounts, log }: ServiceParts, verifier: Verifier) {
  const acceptsOrigin = originPolicy(config.publicUrl, config.allowedOrigins);
  const endpoints = mounts.map(({ resource, definition }) => ({
    resource,
    endpoint: createEndpoint(definition, { log }),
  }));
  const routes = endpoints.map(({ resource, endpoint }): [string, RequestHandler] => [
    new URL(resource.uri).pathname,
    mcpRoute({
      resource,
      endpoint,
      verifier,
      acceptsOrigin,
      bodyLimit: config.bodyLimit,
      metadataUrl: metadataUrl(resource.uri),
      log: log.with({ mount: resource.name }),
    }),
  ]);
  return {
    routes: new Map(routes),
    close: async () => {
      await Promise.all(endpoints.map(({ endpoint }) => endpoint.close()));
    },
  };
}
