import { type RequestHandler, Router } from 'express';
import type { AuthorizationServer } from '../authorization/authorization-server.ts';
import { ConfigError } from '../core/errors.ts';
import type { Principal } from '../core/principal.ts';
import { checkResources, metadataPath, metadataUrl, protectedResourceDocument } from '../gate/metadata.ts';
import { announcedChanges } from '../mcp/changes.ts';
import { createEndpoint } from '../mcp/endpoint.ts';
import { brandingOf } from './authorization-options.ts';
import { pinClientAddress } from './client-address.ts';
import { originPolicy } from './cors.ts';
import { exactPath } from './exact-path.ts';
import { createLimits } from './limits/limits.ts';
import type { McpLimits } from './limits/mcp-limits.ts';
import { mcpRoute } from './mcp-route.ts';
import type { Mount } from './mounts.ts';
import { reachOf } from './reach.ts';
import { restRoutes } from './rest/rest-routes.ts';
import { startMounts } from './start-mounts.ts';
import { stateKeys } from './state-keys.ts';
import { establishTrust, type Trust, type TrustParts } from './trust.ts';
import { exchangesOf, upstreamOf } from './upstream-of.ts';
import { wellKnownRoutes } from './well-known.ts';

/** What a service is started from. */
export interface ServiceParts extends Omit<TrustParts, 'limits'> {
  readonly mounts: readonly Mount[];
}

/** A host that has started: its routes, and what must be closed. */
export interface Service {
  readonly handle: RequestHandler;
  readonly authorization: AuthorizationServer | undefined;
  /** Whether a request path is one of ours. */
  owns(path: string): boolean;
  ready(): Promise<void>;
  /** Ends the streams that have no end of their own. */
  endStreams(): Promise<void>;
  /** Ends the calls that run. */
  endCalls(): Promise<void>;
  close(): Promise<void>;
}

/** Checks the mounts, opens the state and publishes everything from it. Throws ConfigError with every fault. */
export async function startService(parts: ServiceParts): Promise<Service> {
  const resources = parts.mounts.map((mount) => mount.resource);
  const faults = checkResources(resources);
  if (faults.length > 0) throw new ConfigError(faults);
  const limits = await createLimits(parts.config, parts.log);
  const trust = await establishTrust({ ...parts, limits: limits.requests }, resources).catch((error: unknown) => {
    limits.close();
    throw error;
  });
  const closeMounts = await startMounts(parts.mounts, parts).catch(async (error: unknown) => {
    limits.close();
    await trust.close();
    throw error;
  });
  const { authorization } = trust;
  const documents = new Map([...resourceDocuments(parts, trust), ...(authorization?.documents ?? [])]);
  const endpoints = mountRoutes(parts, trust, limits.mcp);
  const router = Router({ caseSensitive: true, strict: true });
  router.use(wellKnownRoutes(documents));
  router.use((request, response, next) => {
    const route = endpoints.routeAt(exactPath(request.originalUrl) ?? '');
    return route === undefined ? next() : route(request, response, next);
  });
  if (authorization !== undefined) {
    const { publicUrl, trustProxyHops } = parts.config;
    router.use(publicUrl.pathname, pinClientAddress(trustProxyHops), authorization.router);
  }
  return {
    handle: router,
    authorization,
    owns: (path) =>
      documents.has(path) || endpoints.routeAt(path) !== undefined || (authorization?.owns(path) ?? false),
    ready: () => trust.ready(),
    endStreams: endpoints.endStreams,
    endCalls: endpoints.close,
    close: async () => {
      await endpoints.close();
      limits.close();
      await closeMounts().finally(() => trust.close());
    },
  };
}

/** RFC 9728: one document a mount at its path-inserted URL, and the origin's own where there is a single mount. */
function resourceDocuments({ mounts }: ServiceParts, { issuersFor, proofs }: Trust): ReadonlyMap<string, object> {
  const documents = new Map<string, object>();
  for (const { resource } of mounts) {
    const context = { authorizationServers: issuersFor(resource.uri), proofs };
    documents.set(metadataPath(resource.uri), protectedResourceDocument(resource, context));
  }
  const only = [...documents.values()];
  if (only.length === 1 && only[0] !== undefined) documents.set('/.well-known/oauth-protected-resource', only[0]);
  return documents;
}

function mountRoutes(
  parts: ServiceParts,
  { verifier, proofs, authorization, announcements, whenEnded, issuersFor }: Trust,
  limits: McpLimits,
) {
  const { config, mounts, clock, log } = parts;
  const upstream = { exchanges: exchangesOf(parts.providers, parts), server: authorization, log };
  const acceptsOrigin = originPolicy(config.publicUrl, config.allowedOrigins);
  const keys = stateKeys(config);
  const endpoints = mounts.map(({ resource, definition, rest }) => ({
    resource,
    rest,
    endpoint: createEndpoint(definition, {
      clock,
      log,
      changes: announcedChanges(announcements, resource.uri),
      showErrors: config.showErrors,
      ...(keys && { stateKeys: keys }),
    }),
  }));
  const served = endpoints.map(({ resource, endpoint, rest }) => {
    const mount = {
      ...{ resource, endpoint, verifier, proofs, whenEnded, limits, acceptsOrigin, clock, bodyLimit: config.bodyLimit },
      reach: (principal: Principal) => reachOf(principal, resource, authorization),
      upstream: (principal: Principal, own: () => string) => upstreamOf(principal, own, upstream),
      metadataUrl: metadataUrl(resource.uri),
      log: log.with({ mount: resource.name }),
    };
    const plain = rest && restRoutes({ ...mount, issuers: issuersFor(resource.uri), branding: brandingOf(config) });
    return { path: new URL(resource.uri).pathname, mcp: mcpRoute(mount), plain };
  });
  const routes = new Map(served.map(({ path, mcp }) => [path, mcp]));
  const plain = new Map(served.map((mount) => [mount.path, mount.plain || undefined]));
  return {
    routeAt(path: string): RequestHandler | undefined {
      const end = path.lastIndexOf('/mcp/') + '/mcp'.length;
      return routes.get(path) ?? plain.get(path.slice(0, end))?.(path.slice(end));
    },
    endStreams: async () => {
      await Promise.all(endpoints.map(({ endpoint }) => endpoint.endStreams()));
    },
    close: async () => {
      await Promise.all(endpoints.map(({ endpoint }) => endpoint.close()));
    },
  };
}
