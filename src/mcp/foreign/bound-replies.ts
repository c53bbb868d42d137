import type { Transport } from '@modelcontextprotocol/client';

/** How many answers to what a server asks may be on their way to it. */
const MOST_REPLIES = 200;

/** Has a server that asks faster than it takes in the answers go without more of them: what it does not read is not kept. */
export function boundReplies(transport: Transport): void {
  const send = transport.send.bind(transport);
  let waiting = 0;
  transport.send = async (message, options) => {
    if ('method' in message) return send(message, options);
    if (waiting === MOST_REPLIES) throw new Error('The server does not take in the answers to what it asks.');
    waiting += 1;
    try {
      await send(message, options);
    } finally {
      waiting -= 1;
    }
  };
}
