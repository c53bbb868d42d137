import { randomBytes } from 'node:crypto';
import type { Server } from '@modelcontextprotocol/server';
import { localAnnouncements } from '../core/announcements.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import { announcedChanges, type Changes } from './changes.ts';
import { classify, type Route } from './classify.ts';
import type { Call } from './context.ts';
import { createListen } from './listen.ts';
import { throughMiddleware } from './middleware/messages.ts';
import { type Needs, needsOf, needsOfBodiless } from './needs.ts';
import { requestStates } from './request-states.ts';
import { accepted, requestIdOf, shuttingDown } from './rpc-answer.ts';
import { serveRequest } from './serve-request.ts';
import { liveOptions } from './server-options.ts';
import type { SessionRules } from './sessions/session-rules.ts';
import { createSessions } from './sessions/sessions.ts';
import type { Surface } from './surface.ts';

export type { Call } from './context.ts';
export type { LimitedTool } from './needs.ts';

/** What became of looking at one message: the protocol's own refusal, or what it needs before it may be served. */
export type Inspection =
  | { readonly kind: 'refused'; readonly response: Response }
  | (Needs & {
      /** Serves the very message that was inspected, once. */
      serve(call: Call): Promise<Response>;
    });

/** MCP for one mount, in both protocol eras. Each message stands for itself, but in a session of the older one. */
export interface Endpoint {
  /** Of the server behind it. */
  readonly version: string;
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
  /** Sessions for older clients where the surface has none: one that is alone with its server may always be asked. */
  readonly sessions?: SessionRules | undefined;
  /** Shows callers the message of an unexpected error, never its stack. For development. Default false: the request id alone. */
  readonly showErrors?: boolean;
}

/** Makes the endpoint of a definition, or of anything else that has a surface. The definition is closed by it. */
export function createEndpoint(
  definition: { surface(): Surface },
  {
    log,
    clock = systemClock,
    changes = announcedChanges(localAnnouncements(), ''),
    stateKeys = [randomBytes(32)],
    sessions: given,
    showErrors = false,
  }: EndpointParts,
): Endpoint {
  const surface = definition.surface();
  const options = liveOptions(surface);
  const talking = () => options().talking;
  const states = requestStates(stateKeys);
  const inSessions = { surface, options: talking, states, changes, clock, log };
  const rules = surface.sessions ?? given;
  const sessions = rules && createSessions(rules, inSessions);
  const running = new Set<Server>();
  const listen = createListen({ surface, options: talking, changes, log });
  const stopTelling = surface.changes.watch(changes.publish);
  let ending = false;
  const endStreams = () => {
    ending = true;
    sessions?.endStreams();
    return listen.close();
  };

  const dispatch = async (request: Request, message: unknown, route: Route, call: Call): Promise<Response> => {
    const inSession = route.era.era === 'legacy' ? sessions?.serve(request, message, call) : undefined;
    if (inSession !== undefined) return inSession;
    if (route.request === undefined) return accepted();
    if (route.method === 'subscriptions/listen' && route.era.era === 'modern') {
      return ending ? shuttingDown(requestIdOf(route.request)) : listen.serve(request, route.request, call);
    }
    const { alone, talking: promised } = options();
    const parts = { surface, states, options: route.era.era === 'modern' ? promised : alone, running };
    return serveRequest(parts, request, { ...route, request: route.request }, call);
  };

  return {
    version: surface.info.version,
    httpMethods: sessions === undefined ? ['POST'] : ['POST', 'GET', 'DELETE'],
    inspect(request, message) {
      if (sessions !== undefined && (request.method === 'GET' || request.method === 'DELETE')) {
        return { ...needsOfBodiless(request), serve: (call) => sessions.serveBodiless(request, call) };
      }
      const route = classify(request, message);
      if (route instanceof Response) return { kind: 'refused', response: route };
      const needs = needsOf(surface, route, request.headers);
      if (needs instanceof Response) return { kind: 'refused', response: needs };
      return {
        ...needs,
        serve(given) {
          const call = { ...given, showErrors };
          return throughMiddleware(surface, route, request, call, () => dispatch(request, message, route, call));
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
