import {
  type JSONRPCMessage,
  ProtocolErrorCode,
  type RequestId,
  type TransportSendOptions,
} from '@modelcontextprotocol/client';
import { Unavailable } from '../../core/errors.ts';
import type { TimeLimit } from '../foreign/time-limit.ts';

/** The requests over one line that there is no answer to yet. */
export interface Unanswered {
  sent(message: JSONRPCMessage, options: TransportSendOptions | undefined): void;
  received(message: JSONRPCMessage): void;
  /** What came is too large to be read: the request that it answers fails, or all where that cannot be told. */
  tooLarge(head: string, tail: string): void;
}

/** What it depends on. */
export interface UnansweredParts {
  /** How long the answer to a call is waited for, by the `relatedRequestId` of its requests. */
  limitOf(key: RequestId): Pick<TimeLimit, 'stop'> | undefined;
  /** Answers a request that belongs to no call. */
  answer(message: JSONRPCMessage): void;
}

/** None yet. */
export function unanswered({ limitOf, answer }: UnansweredParts): Unanswered {
  const keys = new Map<RequestId, RequestId | undefined>();
  const fail = (id: RequestId): void => {
    const key = keys.get(id);
    const limit = key === undefined ? undefined : limitOf(key);
    if (!keys.delete(id)) return;
    const error = { code: ProtocolErrorCode.InternalError, message: 'The answer is too large.' };
    if (limit === undefined) answer({ jsonrpc: '2.0', id, error });
    else limit.stop(new Unavailable('foreign_answer_too_large'));
  };
  return {
    sent(message, options) {
      if (!('method' in message)) return;
      if ('id' in message) keys.set(message.id, options?.relatedRequestId);
      else if (message.method === 'notifications/cancelled') keys.delete(message.params?.requestId as RequestId);
    },
    received(message) {
      if (!('method' in message) && message.id !== undefined) keys.delete(message.id);
    },
    tooLarge(head, tail) {
      if (ASKS.test(head)) return;
      const id = HEAD.exec(head)?.[1] ?? TAIL.exec(tail)?.[1];
      for (const each of id === undefined ? [...keys.keys()] : [Number(id)]) fail(each);
    },
  };
}

/** Members of a message before or after what makes it large. Nothing within that can look like them: its quotes are escaped. */
const ASKS = /^\s*\{\s*(?:"(?:id|jsonrpc)"\s*:[^,]*,\s*)*"method"\s*:/;
const HEAD = /^\s*\{\s*(?:"jsonrpc"\s*:\s*"2\.0"\s*,\s*)?"id"\s*:\s*(\d+)\s*,/;
const TAIL = /,\s*"id"\s*:\s*(\d+)\s*(?:,\s*"jsonrpc"\s*:\s*"2\.0"\s*)?\}\s*$/;
