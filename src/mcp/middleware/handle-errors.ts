import { ProtocolError } from '@modelcontextprotocol/server';
import { GatehouseError } from '../../core/errors.ts';
import { ToolError } from '../tool-error.ts';
import type { Middleware, Operation } from './middleware.ts';

/** What becomes of errors that handlers did not mean for their callers. */
export interface HandleErrorsOptions {
  /**
   * What the caller is told instead: a ToolError, or a GatehouseError such as Unavailable. Undefined leaves the error as it is: logged,
   * and hidden.
   */
  readonly translate?: (error: unknown, operation: Operation) => ToolError | GatehouseError | undefined;
  /** Told of each, before: for a count or an alarm. */
  readonly told?: (error: unknown, operation: Operation) => void;
}

/** One place for the errors of all handlers. Those that are meant for callers pass. */
export function handleErrors({ translate = () => undefined, told = () => undefined }: HandleErrorsOptions): Middleware {
  return {
    async request(operation, next) {
      try {
        return await next();
      } catch (error) {
        if (isMeant(error)) throw error;
        told(error, operation);
        const translated = translate(error, operation);
        if (translated !== undefined)
          operation.context.log.warn('error_translated', { operation: operation.kind, error });
        throw translated ?? error;
      }
    },
  };
}

const isMeant = (error: unknown): boolean =>
  error instanceof ToolError || error instanceof ProtocolError || error instanceof GatehouseError;
