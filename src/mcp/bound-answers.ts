import {
  isJSONRPCNotification,
  isJSONRPCRequest,
  type JSONRPCMessage,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/server';
import type { Unread } from './unread.ts';

/** What may be left out: it says how a call goes, not what comes of it. */
const WORDS = new Set(['notifications/progress', 'notifications/message']);

/**
 * Bounds what waits in the answers to calls: a reader that is behind is given a turn to catch up, then words are dropped; where
 * questions wait as well, no more are put. The result always comes. `unreadOf` knows the answer to a request.
 */
export function boundAnswers(transport: Transport, unreadOf: (id: RequestId) => Unread | undefined): void {
  const send = transport.send.bind(transport);
  transport.send = async (message, options) => {
    const { relatedRequestId: id } = options ?? {};
    const current = () => (id === undefined ? undefined : unreadOf(id));
    const unread = current();
    if (unread?.isTooMuch() && isWords(message)) {
      if (!(await unread.caughtUp()) || current() !== unread) return;
      unread.wrote(JSON.stringify(message).length);
      // By then the call may be over, and whoever wrote this need not have waited for it.
      return send(message, options).catch(() => undefined);
    }
    if (unread?.isTooMuch(2) && isJSONRPCRequest(message)) throw new Error('The client does not read its answer.');
    unread?.wrote(JSON.stringify(message).length);
    await send(message, options);
  };
}

const isWords = (message: JSONRPCMessage): boolean => isJSONRPCNotification(message) && WORDS.has(message.method);
