import { randomBytes } from 'node:crypto';
import {
  type JSONRPCRequest,
  PerRequestHTTPServerTransport,
  SdkError,
  SdkErrorCode,
  Server,
  type ServerOptions,
} from '@modelcontextprotocol/server';
import { localAnnouncements } from '../core/announcements.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { announcedChanges, type Changes } from './changes.ts';
import { classify, type Route, refuseMismatch } from './classify.ts';
import type { Call } from './context.ts';
import { createListen, refuseTooMany } from './listen.ts';
import { installOperation } from './operations.ts';
import { checkParameterHeaders } from './parameter-headers.ts';
import { type RequestStates, requestStates } from './request-states.ts';
import { requiredScopes } from './required-scopes.ts';
import { accepted, requestIdOf, rpcError, shuttingDown } from './rpc-answer.ts';
import { serverOptions, withChanges, withLogging } from './server-options.ts';
import { createSessions } from './sessions/sessions.ts';
import type { Surface, ToolLimit } from './surface.ts';

export type { Call } from './context.ts';

/** What became of looking at one message: the protocol's own refusal, or what it needs before it may be served. */
export type Inspection =
  | { readonly kind: 'refused'; readonly response: Response }
  | {
      readonly kind: 'needs';
      /** Every one of them; the caller must hold them all before `serve`. */
      readonly scopes: readonly string[];
      /** Whether the answer may be a stream that has no end of its own. */
      readonly endless: boolean;
      /** The tool that a call uses, where it has a limit of its own. */
      readonly limited: LimitedTool | undefined;
      /** Serves the very message that was inspected, once. */
      serve(call: Call): Promise<Response>;
    };

/** A tool with its limit. */
export interface LimitedTool extends ToolLimit {
  readonly tool: string;
}

/** MCP for one mount, in both protocol eras. Each message stands for itself, but in a session of the older one. */
export interface Endpoint {
  /** The HTTP methods that are served. Only POST has a body. */
  readonly httpMethods: readonly string[];
  /** Decides on the parsed body of a request whose body has been read. Nothing runs yet. */
  inspect(request: Request, message: unknown): Inspection;
  /** Ends the streams that have no end of their own, with the protocol's last word. Calls go on. */
  endStreams(): Promise<void>;
  /** The same, and aborts the calls that run: they are answered 503, or their stream ends. */
  close(): Promise<void>;
}

/** What an endpoint is made of. */
export interface EndpointParts {
  readonly log: Log;
  readonly clock?: Clock;
  /** Those of its mount, on whichever node; left out, of this endpoint alone. */
  readonly changes?: Changes;
  /**
   * 32 bytes each: the first one signs what calls carry from one round to the next, all open it. The same on every node;
   * left out, a key of this process.
   */
  readonly stateKeys?: readonly Uint8Array[];
}

/** Makes the endpoint of a definition, or of anything else that has a surface. The definition is closed by it. */
export function createEndpoint(
  definition: { surface(): Surface },
  {
    log,
    clock = systemClock,
    changes = announcedChanges(localAnnouncements(), ''),
    stateKeys = [randomBytes(32)],
  }: EndpointParts,
): Endpoint {
  const surface = definition.surface();
  const options = serverOptions(surface);
  const states = requestStates(stateKeys);
  const talking = withChanges(withLogging(options), surface);
  const inSessions = { surface, options: talking, states, changes, clock, log };
  const sessions = surface.sessions && createSessions(surface.sessions, inSessions);
  const running = new Set<Server>();
  const listen = createListen({ surface, options: talking, changes, log });
  const stopTelling = surface.changes.watch(changes.publish);
  let ending = false;
  const endStreams = () => {
    ending = true;
    sessions?.endStreams();
    return listen.close();
  };

  return {
    httpMethods: sessions === undefined ? ['POST'] : ['POST', 'GET', 'DELETE'],
    inspect(request, message) {
      if (sessions !== undefined && (request.method === 'GET' || request.method === 'DELETE')) {
        return {
          ...NOTHING_NEEDED,
          endless: request.method === 'GET',
          serve: (call) => sessions.serveBodiless(request, call),
        };
      }
      const route = classify(request, message);
      if (route instanceof Response) return { kind: 'refused', response: route };
      const refusal = refuseTooMany(route) ?? checkArguments(surface, route, request.headers);
      if (refusal !== undefined) return { kind: 'refused', response: refusal };
      return {
        kind: 'needs',
        scopes: requiredScopes(surface, route.method, route.params),
        endless: route.method === 'subscriptions/listen',
        limited: limitedTool(surface, route),
        serve: async (call) => {
          const inSession = route.era.era === 'legacy' ? sessions?.serve(request, message, call) : undefined;
          if (inSession !== undefined) return inSession;
          if (route.request === undefined) return accepted();
          if (route.method === 'subscriptions/listen' && route.era.era === 'modern') {
            return ending ? shuttingDown(requestIdOf(route.request)) : listen.serve(request, route.request, call);
          }
          const parts = { surface, states, options: route.era.era === 'modern' ? talking : options, running };
          return serveRequest(parts, request, { ...route, request: route.request }, call);
        },
      };
    },
    endStreams,
    async close() {
      stopTelling();
      await Promise.all([endStreams(), sessions?.close(), ...[...running].map((server) => server.close())]);
    },
  };
}

const NOTHING_NEEDED = { kind: 'needs', scopes: [], limited: undefined } as const;

function limitedTool({ tools }: Surface, { method, params, request }: Route): LimitedTool | undefined {
  if (method !== 'tools/call' || request === undefined || typeof params.name !== 'string') return undefined;
  const limit = tools.get(params.name)?.limit;
  return limit && { tool: params.name, ...limit };
}

interface RequestParts {
  readonly surface: Surface;
  readonly states: RequestStates;
  readonly options: ServerOptions;
  readonly running: Set<Server>;
}

/** A server of its own for each request, with the one handler that the request needs. */
async function serveRequest(
  { surface, states, options, running }: RequestParts,
  httpRequest: Request,
  { era, method, request }: Route & { readonly request: JSONRPCRequest },
  call: Call,
): Promise<Response> {
  const server = new Server(surface.info, options);
  server.onerror = (error) => call.log.warn('mcp_exchange_fault', { error });
  server.onclose = () => running.delete(server);
  const transport = new PerRequestHTTPServerTransport({ classification: era });
  try {
    installOperation(server, method, { surface, states, callOf: () => call });
    running.add(server);
    await server.connect(transport);
    const response = await transport.handleMessage(request, { request: httpRequest });
    return era.era === 'legacy' ? legacyStatus(response) : response;
  } catch (error) {
    running.delete(server);
    if (error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed)
      return httpRequest.signal.aborted ? new Response(null, { status: 499 }) : shuttingDown(requestIdOf(request));
    call.log.error('mcp_exchange_failed', { method, error });
    return rpcError(500, { code: -32603, message: 'Internal error' }, requestIdOf(request));
  }
}

/** Before 2026-07-28 a JSON-RPC error is no HTTP failure: clients there take 404 for a lost session. */
const legacyStatus = (response: Response): Response =>
  response.ok ? response : new Response(response.body, { status: 200, headers: response.headers });

/** 2026-07-28, custom headers: arguments that intermediaries may route by must say the same as the body. */
function checkArguments(surface: Surface, route: Route, headers: Headers): Response | undefined {
  const { era, method, params, request } = route;
  if (era.era !== 'modern' || method !== 'tools/call' || request === undefined || typeof params.name !== 'string')
    return undefined;
  const parameters = surface.tools.get(params.name)?.headers ?? [];
  const mismatch = checkParameterHeaders(parameters, params.arguments, headers);
  return mismatch && refuseMismatch(mismatch, route);
}
