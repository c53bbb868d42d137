import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client';
import { GatehouseError, Unavailable } from '../../core/errors.ts';
import { ToolError } from '../tool-error.ts';

/**
 * What `error` of a connection means for a caller: what the server said and what a caller may know stay as they are;
 * everything else is an outage of ours, also where the server refuses our credentials (401, 403): they are not the caller's.
 */
export function faultOf(error: unknown, timedOut = false): unknown {
  if (timedOut) return new Unavailable('foreign_timed_out', error);
  if (error instanceof ProtocolError || error instanceof GatehouseError || error instanceof ToolError) return error;
  if (error instanceof SdkHttpError) {
    const refused = error.status === 401 || error.status === 403;
    return new Unavailable(refused ? 'foreign_refused_our_credentials' : 'foreign_http_error', error);
  }
  const invalid = error instanceof SdkError && error.code === SdkErrorCode.InvalidResult;
  return new Unavailable(invalid ? 'foreign_answer_invalid' : 'foreign_unreachable', error);
}
