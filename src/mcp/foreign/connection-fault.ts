import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { GatehouseError, Unavailable } from '../../core/errors.ts';
import { ToolError } from '../tool-error.ts';

/** The server knows the session no more, and has not run what was sent in it. */
export class SessionLost extends Unavailable {
  constructor(cause: unknown) {
    super('foreign_session_lost', cause);
  }
}

/**
 * What `error` of a connection means for a caller: what the server said and what a caller may know stay as they are;
 * everything else is an outage of ours, also where the server refuses our credentials (401, 403): they are not the caller's.
 */
export function faultOf(error: unknown): unknown {
  if (error instanceof ProtocolError || error instanceof GatehouseError || error instanceof ToolError) return error;
  if (error instanceof SdkHttpError) {
    const refused = error.status === 401 || error.status === 403;
    return new Unavailable(refused ? 'foreign_refused_our_credentials' : 'foreign_http_error', error);
  }
  const invalid = error instanceof SdkError && error.code === SdkErrorCode.InvalidResult;
  return new Unavailable(invalid ? 'foreign_answer_invalid' : 'foreign_unreachable', error);
}
