import {
  createMcpHandler,
  type JSONRPCRequest,
  type McpHttpHandler,
  PerRequestHTTPServerTransport,
  SdkError,
  SdkErrorCode,
  Server,
  type ServerOptions,
} from '@modelcontextprotocol/server';
import type { Log } from '../core/log.ts';
import { classify, type Route, refuseMismatch } from './classify.ts';
import type { Call } from './context.ts';
import { OPERATIONS } from './operations.ts';
import { checkParameterHeaders } from './parameter-headers.ts';
import { requiredScopes } from './required-scopes.ts';
import { accepted, requestIdOf, rpcError } from './rpc-answer.ts';
import { serverOptions } from './server-options.ts';
import type { Surface, ToolLimit } from './surface.ts';

export type { Call } from './context.ts';

/** What became of looking at one message: the protocol's own refusal, or what it needs before it may be served. */
export type Inspection =
  | { readonly kind: 'refused'; readonly response: Response }
  | {
      readonly kind: 'needs';
      /** Every one of them; the caller must hold them all before `serve`. */
      readonly scopes: readonly string[];
      /** The JSON-RPC method as it was sent. */
      readonly method: string;
      /** The tool that a call uses, where it has a limit of its own. */
      readonly limited: LimitedTool | undefined;
      /** Serves the very message that was inspected, once. */
      serve(call: Call): Promise<Response>;
    };

/** A tool with its limit. */
export interface LimitedTool extends ToolLimit {
  readonly tool: string;
}

/** MCP for one mount, in both protocol eras, without sessions: each message stands for itself. */
export interface Endpoint {
  /** Decides on the parsed body of a request whose body has been read. Nothing runs yet. */
  inspect(request: Request, message: unknown): Inspection;
  /** Ends the streams that have no end of their own, with the protocol's last word. Calls go on. */
  endStreams(): Promise<void>;
  /** The same, and aborts the calls that run: they are answered 503, or their stream ends. */
  close(): Promise<void>;
}

/** Makes the endpoint of a definition, or of anything else that has a surface. The definition is closed by it. */
export function createEndpoint(definition: { surface(): Surface }, { log }: { readonly log: Log }): Endpoint {
  const surface = definition.surface();
  const options = serverOptions(surface);
  const running = new Set<Server>();
  const listen = createListen(surface, options, log);
  let ending = false;
  const endStreams = () => {
    ending = true;
    return listen.close();
  };

  return {
    inspect(request, message) {
      const route = classify(request, message);
      if (route instanceof Response) return { kind: 'refused', response: route };
      const refusal = checkArguments(surface, route, request.headers);
      if (refusal !== undefined) return { kind: 'refused', response: refusal };
      return {
        kind: 'needs',
        scopes: requiredScopes(surface, route.method, route.params),
        method: route.method,
        limited: limitedTool(surface, route),
        serve: async (call) => {
          if (route.request === undefined) return accepted();
          if (route.method === 'subscriptions/listen' && route.era.era === 'modern') {
            return ending ? shuttingDown(route.request) : listen.fetch(request, { parsedBody: message });
          }
          return serveRequest({ surface, options, running }, request, { ...route, request: route.request }, call);
        },
      };
    },
    endStreams,
    async close() {
      await Promise.all([endStreams(), ...[...running].map((server) => server.close())]);
    },
  };
}

function limitedTool({ tools }: Surface, { method, params, request }: Route): LimitedTool | undefined {
  if (method !== 'tools/call' || request === undefined || typeof params.name !== 'string') return undefined;
  const limit = tools.get(params.name)?.limit;
  return limit && { tool: params.name, ...limit };
}

interface Serving {
  readonly surface: Surface;
  readonly options: ServerOptions;
  readonly running: Set<Server>;
}

/** A server of its own for each request, with the one handler that the request needs. */
async function serveRequest(
  { surface, options, running }: Serving,
  httpRequest: Request,
  { era, method, request }: Route & { readonly request: JSONRPCRequest },
  call: Call,
): Promise<Response> {
  const server = new Server(surface.info, options);
  server.onerror = (error) => call.log.warn('mcp_exchange_fault', { error });
  server.onclose = () => running.delete(server);
  const transport = new PerRequestHTTPServerTransport({ classification: era });
  try {
    const operation = OPERATIONS.get(method);
    if (operation !== undefined && server.getCapabilities()[operation.capability])
      operation.install(server, surface, call);
    running.add(server);
    await server.connect(transport);
    const response = await transport.handleMessage(request, { request: httpRequest });
    return era.era === 'legacy' ? legacyStatus(response) : response;
  } catch (error) {
    running.delete(server);
    if (error instanceof SdkError && error.code === SdkErrorCode.ConnectionClosed)
      return httpRequest.signal.aborted ? new Response(null, { status: 499 }) : shuttingDown(request);
    call.log.error('mcp_exchange_failed', { method, error });
    return rpcError(500, { code: -32603, message: 'Internal error' }, requestIdOf(request));
  }
}

/** The client may ask again: elsewhere at once, here when we are back. */
const shuttingDown = (request: JSONRPCRequest): Response =>
  rpcError(503, { code: -32000, message: 'The server is shutting down.' }, requestIdOf(request), {
    'retry-after': '5',
  });

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

/** `subscriptions/listen` is the SDK's: it acknowledges the notifications that the capabilities promise. */
function createListen(surface: Surface, options: ServerOptions, log: Log): McpHttpHandler {
  return createMcpHandler(() => new Server(surface.info, options), {
    legacy: 'reject',
    onerror: (error) => log.warn('mcp_listen_fault', { error }),
  });
}
