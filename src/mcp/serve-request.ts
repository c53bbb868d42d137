import {
  type JSONRPCRequest,
  PerRequestHTTPServerTransport,
  SdkError,
  SdkErrorCode,
  Server,
  type ServerOptions,
} from '@modelcontextprotocol/server';
import { boundAnswers } from './bound-answers.ts';
import type { Route } from './classify.ts';
import type { Call } from './context.ts';
import { installOperation } from './operations.ts';
import { readAlong } from './read-along.ts';
import type { RequestStates } from './request-states.ts';
import { requestIdOf, rpcError, shuttingDown } from './rpc-answer.ts';
import type { Surface } from './surface.ts';
import { countUnread } from './unread.ts';

/** What the answer to one request is made of. `running` holds the servers of those that are under way. */
export interface RequestParts {
  readonly surface: Surface;
  readonly states: RequestStates;
  readonly options: ServerOptions;
  readonly running: Set<Server>;
}

/** A request that stands for itself, in either era. */
export type RequestRoute = Route & { readonly request: JSONRPCRequest };

/** A server of its own for each request, with the one handler that the request needs. */
export async function serveRequest(
  { surface, states, options, running }: RequestParts,
  httpRequest: Request,
  { era, method, request }: RequestRoute,
  call: Call,
): Promise<Response> {
  const server = new Server(surface.info, options);
  server.onerror = (error) => call.log.warn('mcp_exchange_fault', { error });
  server.onclose = () => running.delete(server);
  const transport = new PerRequestHTTPServerTransport({ classification: era });
  const unread = countUnread();
  boundAnswers(transport, () => unread);
  try {
    installOperation(server, method, { surface, states, callOf: () => call });
    running.add(server);
    await server.connect(transport);
    const answer = await transport.handleMessage(request, { request: httpRequest });
    const response = isStream(answer) ? readAlong(answer, unread) : answer;
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

const isStream = ({ headers }: Response): boolean => headers.get('content-type') === 'text/event-stream';
