import { ProtocolError } from '@modelcontextprotocol/server';
import { GatehouseError } from '../../core/errors.ts';
import { ToolError } from '../tool-error.ts';

/** How an operation ended: `error` is a tool's result that says so, `refused` an answer that the caller can do something about. */
export type Ending = 'ok' | 'error' | 'refused' | 'failed';

/** Runs an operation and tells how it ended, however it ends. */
export async function ending<T>(next: () => Promise<T>, told: (how: Ending, error?: unknown) => void): Promise<T> {
  let outcome: T;
  try {
    outcome = await next();
  } catch (error) {
    told(isRefusal(error) ? 'refused' : 'failed', error);
    throw error;
  }
  told(saysError(outcome) ? 'error' : 'ok');
  return outcome;
}

/** Whether a tool's result says that something went wrong. */
export const saysError = (outcome: unknown): boolean =>
  typeof outcome === 'object' && outcome !== null && 'isError' in outcome && outcome.isError === true;

const isRefusal = (error: unknown): boolean =>
  error instanceof ToolError ||
  error instanceof ProtocolError ||
  (error instanceof GatehouseError && error.status < 500);
