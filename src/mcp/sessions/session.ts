import {
  type RequestId,
  Server,
  type ServerContext,
  type ServerOptions,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { Clock } from '../../core/clock.ts';
import type { Log } from '../../core/log.ts';
import { boundAnswers } from '../bound-answers.ts';
import type { Changes } from '../changes.ts';
import type { Call } from '../context.ts';
import { installOperations } from '../operations.ts';
import { readAlong } from '../read-along.ts';
import type { RequestStates } from '../request-states.ts';
import { requestIdOf, rpcError } from '../rpc-answer.ts';
import type { Surface } from '../surface.ts';
import { countUnread, type Unread } from '../unread.ts';
import { tellSession } from './tell-session.ts';

/** What every session of a mount is made of. */
export interface SessionParts {
  readonly surface: Surface;
  options(): ServerOptions;
  readonly states: RequestStates;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Log;
}

/** One client of 2025-11-25 or before, from `initialize` on. */
export interface Session {
  readonly id: string;
  /** Whom it belongs to; nobody else may know of it. */
  readonly owner: string;
  /** When it was last used, in seconds since 1970: now, while it is busy. */
  usedAt(): number;
  /** Whether an answer is under way, or its stream is open. */
  busy(): boolean;
  /** Serves a POST or a GET whose scopes have been decided on. */
  serve(request: Request, message: unknown, call: Call): Promise<Response>;
  /** Ends the stream that has no end of its own. */
  endStream(): void;
  /** Ends everything: calls that run are aborted, their streams end. */
  end(): Promise<void>;
}

/** A session that waits for its `initialize`. */
export function createSession(
  id: string,
  owner: string,
  { surface, options, states, changes, clock, log }: SessionParts,
): Session {
  const server = new Server(surface.info, options());
  const transport = new WebStandardStreamableHTTPServerTransport({ sessionIdGenerator: () => id });
  // A handler is told of the call whose request it answers, never of another one of the session.
  const calls = new WeakMap<Request, Call>();
  const underWay = new Map<RequestId, Unread>();
  let open = 0;
  let used = clock();
  server.onerror = (error) => log.debug('mcp_session_fault', { error });
  const callOf = ({ http }: ServerContext): Call => {
    const call = http?.req && calls.get(http.req);
    if (call === undefined) throw new TypeError('A message of a session came without its request.');
    return call;
  };
  installOperations(server, { surface, states, callOf });
  boundAnswers(transport, (requestId) => underWay.get(requestId));
  const endStream = () => transport.closeStandaloneSSEStream();
  const telling = tellSession(server, { surface, callOf, changes, endStream });
  const connected = server.connect(transport);

  return {
    id,
    owner,
    usedAt: () => (open > 0 ? clock() : used),
    busy: () => open > 0,
    async serve(request, message, call) {
      const requestId = requestIdOf(message);
      const asks = requestId !== null && 'method' in (message as object);
      if (asks && underWay.has(requestId)) {
        return rpcError(400, { code: -32600, message: 'A request with this id is under way.' }, requestId);
      }
      const unread = countUnread();
      if (asks) underWay.set(requestId, unread);
      open += 1;
      const over = () => {
        open -= 1;
        used = clock();
        if (asks) underWay.delete(requestId);
      };
      try {
        calls.set(request, call);
        await connected;
        const answer = await transport.handleRequest(request, { parsedBody: message });
        if (request.method !== 'GET' || !answer.ok) return readAlong(answer, { read: unread.read, over });
        const stopTelling = telling.opened(call);
        const ended = () => {
          stopTelling();
          over();
        };
        return readAlong(answer, { read: telling.wasRead, over: ended });
      } catch (error) {
        over();
        throw error;
      }
    },
    endStream,
    end: () => server.close(),
  };
}
