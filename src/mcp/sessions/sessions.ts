import { isInitializeRequest } from '@modelcontextprotocol/server';
import { type Principal, principalKey } from '../../core/principal.ts';
import { randomToken } from '../../core/secrets.ts';
import type { Call } from '../context.ts';
import { requestIdOf, rpcError, shuttingDown } from '../rpc-answer.ts';
import { keptSessions } from './kept-sessions.ts';
import { createSession, type Session, type SessionParts } from './session.ts';
import type { SessionRules } from './session-rules.ts';

/** The sessions of one mount, in the memory of this process. */
export interface Sessions {
  /** Serves a message of 2025-11-25 or before; undefined where it neither belongs to a session nor opens one. */
  serve(request: Request, message: unknown, call: Call): Promise<Response> | undefined;
  /** GET: the one stream of a session. DELETE: its owner ends it. */
  serveBodiless(request: Request, call: Call): Promise<Response>;
  /** Ends all streams. From now on no session and no stream is opened. */
  endStreams(): void;
  /** Ends all sessions, and aborts what runs in them. */
  close(): Promise<void>;
}

/** Seconds to wait where every session is in use: nobody knows when one ends. */
const WAIT = '30';

/** Keeps sessions by id. What does not belong to the caller is answered like what does not exist. */
export function createSessions(rules: SessionRules, parts: SessionParts): Sessions {
  const kept = keptSessions(rules, parts.clock);
  let ending = false;

  const find = (id: string, { principal }: Call): Session | undefined => {
    const session = kept.get(id);
    return session?.owner === ownerOf(principal) ? session : undefined;
  };

  const open = async (request: Request, message: unknown, call: Call): Promise<Response> => {
    const id = requestIdOf(message);
    if (ending) return shuttingDown(id);
    const owner = ownerOf(call.principal);
    const session = kept.add({ owner, person: principalKey(call.principal) }, () =>
      createSession(randomToken(), owner, parts),
    );
    if (typeof session === 'string') return full(session, id);
    const answer = await session.serve(request, message, call);
    if (!answer.ok) await kept.end(session);
    return answer;
  };

  return {
    serve(request, message, call) {
      if (isInitializeRequest(message)) return open(request, message, call);
      const id = request.headers.get('mcp-session-id');
      if (id === null) return undefined;
      const session = find(id, call);
      return session?.serve(request, message, call) ?? Promise.resolve(notFound(requestIdOf(message)));
    },
    async serveBodiless(request, call) {
      const id = request.headers.get('mcp-session-id');
      if (id === null) return rpcError(400, { code: -32000, message: 'Bad Request: Mcp-Session-Id is missing.' });
      const session = find(id, call);
      if (session === undefined) return notFound(null);
      if (request.method === 'DELETE') {
        await kept.end(session);
        return new Response(null, { status: 204 });
      }
      return ending ? shuttingDown(null) : session.serve(request, undefined, call);
    },
    endStreams() {
      ending = true;
      for (const session of kept.all()) session.endStream();
    },
    async close() {
      ending = true;
      await Promise.all(kept.all().map(kept.end));
    },
  };
}

/** No separator inside an issuer or a subject can make two callers share it. A scope gained or lost changes nothing. */
const ownerOf = ({ issuer, kind, subject, clientId, tenant }: Principal): string =>
  JSON.stringify([issuer, kind, subject, clientId, tenant ?? null]);

type RpcId = ReturnType<typeof requestIdOf>;

/** The same for an unknown id, one that has ended, one of another node or mount and one of somebody else. */
const notFound = (id: RpcId): Response =>
  rpcError(404, { code: -32001, message: 'Session not found. Send initialize again to open one.' }, id);

function full(whose: 'caller' | 'everybody', id: RpcId): Response {
  const [status, message] =
    whose === 'caller' ? [429, 'All of your sessions are in use.'] : [503, 'All sessions are in use. Try again later.'];
  return rpcError(status, { code: -32000, message }, id, { 'retry-after': WAIT, 'cache-control': 'no-store' });
}
