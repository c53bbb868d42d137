import { type Client, type InputResponse, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/client';
import type { LoggingLevel } from '@modelcontextprotocol/server';
import { Unavailable } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { type Asked, askThrough } from './ask-through.ts';
import type { ForeignCall } from './foreign-call.ts';
import { type TimeLimit, timeLimit } from './time-limit.ts';

/** Which callers a connection serves, and whether its transport adds `RELATED_META` to what the server sends. */
export interface Serves {
  readonly callers: 'one' | 'many';
  readonly related: boolean;
}

/** Where a transport of ours notes which of our requests a message of the server belongs to. */
export const RELATED_META = 'gatehouse/related';

/** A call that a connection waits for the end of. */
export interface UnderWay {
  readonly key: number;
  readonly call: ForeignCall;
  readonly limit: TimeLimit;
}

/** The calls of one connection, and the way back to them. */
export interface CallsUnderWay {
  /** Whether questions can be passed on: of `many` callers, only those that are known to belong to one call. */
  readonly canAsk: boolean;
  begin(call: ForeignCall, timeout: number): UnderWay;
  end(entry: UnderWay): void;
  get(key: unknown): UnderWay | undefined;
  count(): number;
  /** Puts a question to the caller of a call; the time it takes is not the server's. */
  put(entry: UnderWay, asked: Asked, name?: string): Promise<InputResponse>;
  /** Has the client hand on what the server asks and says. What belongs to no call for sure is refused, or heard by nobody. */
  answerFor(client: Client): void;
}

const timedOut = () => new Unavailable('foreign_timed_out');

/** No call yet. */
export function callsUnderWay(serves: Serves, log: Log): CallsUnderWay {
  const entries = new Map<number, UnderWay>();
  let count = 0;
  const canAsk = serves.related || serves.callers === 'one';
  const belonging = (meta: Readonly<Record<string, unknown>> | undefined): UnderWay | undefined => {
    if (serves.related && meta?.[RELATED_META] !== undefined) return entries.get(Number(meta[RELATED_META]));
    return serves.callers === 'one' ? [...entries.values()].at(-1) : undefined;
  };
  const put = ({ call, limit }: UnderWay, asked: Asked, name?: string) =>
    limit.pausedFor(() => askThrough(call, asked, name));
  const answer = async (
    asked: Asked,
    { mcpReq }: { readonly mcpReq: { readonly _meta?: Readonly<Record<string, unknown>> } },
  ): Promise<never> => {
    const entry = belonging(mcpReq._meta);
    if (entry !== undefined) return (await put(entry, asked)) as never;
    log.warn('foreign_question_refused', { method: asked.method, reason: 'it belongs to no call' });
    throw new ProtocolError(ProtocolErrorCode.InvalidRequest, 'There is nobody to ask: this belongs to no call.');
  };
  return {
    canAsk,
    begin(call, timeout) {
      count += 1;
      const entry = { key: count, call, limit: timeLimit(timeout, call.signal, timedOut) };
      entries.set(count, entry);
      return entry;
    },
    end({ key, limit }) {
      limit.end();
      entries.delete(key);
    },
    get: (key) => entries.get(Number(key)),
    count: () => entries.size,
    put,
    answerFor(client) {
      client.setNotificationHandler('notifications/message', async ({ params: { level, data, logger, _meta } }) => {
        await belonging(_meta)
          ?.call.current()
          ?.tell(level as LoggingLevel, data, logger);
      });
      if (!canAsk) return;
      client.setRequestHandler('elicitation/create', answer);
      client.setRequestHandler('sampling/createMessage', answer);
      client.setRequestHandler('roots/list', answer);
    },
  };
}
