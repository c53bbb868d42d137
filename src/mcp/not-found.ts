import { ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';

/** -32602: the item does not exist, or not for this caller. */
export const notFound = (kind: string, name: string): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, `${kind} not found: ${name.slice(0, 128)}`);
