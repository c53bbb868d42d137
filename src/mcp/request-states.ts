import {
  createRequestStateCodec,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { type Cursors, createCursors } from './cursors.ts';

/** How long an answer may take, in seconds. */
const PATIENCE = 600;

/** What a call carries from one round to the next (2026-07-28, multi round-trip requests): readable, but not to be altered. */
export interface RequestStates {
  sign(content: object): Promise<string>;
  /** What was signed. Rejects with ProtocolError -32602 for what none of our keys has signed in the last 10 minutes. */
  open(state: string, context: ServerContext): Promise<object>;
  /** The cursors that lists give. */
  readonly cursors: Cursors;
}

/** States are signed with the first key (HMAC-SHA-256; 32 bytes or more) and open with each. Throws for no key. */
export function requestStates(keys: readonly Uint8Array[]): RequestStates {
  const codecs = keys.map((key) => createRequestStateCodec<object>({ key, ttlSeconds: PATIENCE }));
  const [first] = codecs;
  if (first === undefined) throw new TypeError('Request states need a key.');
  return {
    cursors: createCursors(keys),
    sign: (content) => first.mint(content),
    async open(state, context) {
      for (const codec of codecs) {
        const content = await codec.verify(state, context).catch(() => undefined);
        if (content !== undefined) return content;
      }
      throw invalidState();
    },
  };
}

/** -32602: a state that is not ours, has run out, or belongs to another call. */
export const invalidState = (): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, 'Invalid or expired requestState', {
    reason: 'invalid_request_state',
  });
