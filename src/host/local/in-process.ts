import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type Log, silentLog } from '../../core/log.ts';
import type { Principal } from '../../core/principal.ts';
import type { ProtectedResource } from '../../core/protected-resource.ts';
import { refuse } from '../../gate/challenge.ts';
import { decide, permitted } from '../../gate/decide.ts';
import { createEndpoint, type Endpoint } from '../../mcp/endpoint.ts';
import type { Mountable } from '../../mcp/mountable.ts';
import { parameterHeaders } from '../../mcp/parameter-headers.ts';
import { sessionRules } from '../../mcp/sessions/session-rules.ts';
import { ToolError } from '../../mcp/tool-error.ts';
import { type DecidedCall, serveDecided } from '../serve-decided.ts';
import { LOCAL_RESOURCE, type LocalCaller, localPrincipal } from './local-caller.ts';

/** What a server in this process is given. */
export interface InProcessOptions extends LocalCaller {
  readonly log?: Log;
  readonly clock?: Clock;
  /** For servers that ask others. */
  readonly fetch?: typeof globalThis.fetch;
}

/** A server that is asked without a network, by one caller. */
export interface InProcess {
  /** Answers as the host would over HTTP: the same message is decided on and then served. */
  readonly fetch: typeof globalThis.fetch;
  close(): Promise<void>;
}

/**
 * Serves `server` to one caller of this process. It goes the way of a mount: what the message needs, whether the caller
 * holds it, and only then the message itself. Limits are the host's and are not kept here.
 */
export async function inProcess(server: Mountable, options: InProcessOptions = {}): Promise<InProcess> {
  const { log = silentLog, clock = systemClock, fetch = globalThis.fetch } = options;
  const resource: ProtectedResource = {
    uri: LOCAL_RESOURCE,
    name: server.title ?? server.name,
    scopes: server.catalogue(),
    defaultScopes: server.defaultScopes(),
  };
  const principal = localPrincipal(options, resource.scopes);
  await server.start?.({ log, clock, fetch });
  const endpoint = createEndpoint(server, { log, clock, sessions: sessionRules(true, server.name) });
  const parts = { endpoint, resource, principal, log, tools: server.surface().tools };
  return {
    fetch: async (input, init) => {
      const message: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
      const request = new Request(input, { ...init, headers: headersFor(message, init, parts) });
      return exchange(request, message, parts).catch((error: unknown) => refusal(error, parts));
    },
    async close() {
      await endpoint.close();
      await server.close?.();
    },
  };
}

interface Parts {
  readonly endpoint: Endpoint;
  readonly resource: ProtectedResource;
  readonly principal: Principal;
  readonly log: Log;
  readonly tools: ReturnType<Mountable['surface']>['tools'];
}

async function exchange(request: Request, message: unknown, parts: Parts): Promise<Response> {
  const { endpoint, resource, principal, log } = parts;
  if (!endpoint.httpMethods.includes(request.method)) return new Response(null, { status: 405 });
  const inspected = endpoint.inspect(request, message);
  if (inspected.kind === 'refused') return inspected.response;
  decide(principal, inspected.scopes, resource);
  const call: DecidedCall = {
    principal,
    requestId: randomUUID(),
    log,
    // Nobody can be asked for more here.
    reach: async () => (required) => permitted(principal, required, resource),
    upstream: async () => {
      throw new ToolError('The caller has not signed in anywhere: there is no token of theirs.');
    },
  };
  return serveDecided(inspected, call, resource);
}

function refusal(error: unknown, { resource, log }: Parts): Response {
  const { status, headers, body } = refuse(error, { resource, metadataUrl: '' });
  if (status >= 500) log.error('call_failed', { error });
  return Response.json(body, { status, headers });
}

function headersFor(message: unknown, init: RequestInit | undefined, { tools }: Parts): Headers {
  const headers = new Headers(init?.headers);
  const { method, params } = (message ?? {}) as { readonly method?: unknown; readonly params?: unknown };
  if (method !== 'tools/call' || typeof params !== 'object' || params === null) return headers;
  const { name, arguments: input } = params as { readonly name?: unknown; readonly arguments?: unknown };
  // Nothing routes these messages: the headers say what the arguments say.
  const routed = parameterHeaders(tools.get(String(name))?.headers ?? [], input);
  for (const [header, value] of Object.entries(routed)) headers.set(header, value);
  return headers;
}
