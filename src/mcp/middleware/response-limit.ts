import { ToolError } from '../tool-error.ts';
import type { Middleware } from './middleware.ts';

/** How much one answer may hold. */
export interface ResponseLimitOptions {
  /** Bytes of its JSON form. Default 1,000,000. */
  readonly bytes?: number;
}

/** Answers with an error that says so where a result is larger than models and clients can do with. Throws TypeError for no number. */
export function responseLimit({ bytes = 1_000_000 }: ResponseLimitOptions = {}): Middleware {
  if (!Number.isSafeInteger(bytes) || bytes < 1)
    throw new TypeError('responseLimit: bytes must be a whole number from 1.');
  return {
    async request(_, next) {
      const outcome = await next();
      const size = outcome === undefined ? 0 : Buffer.byteLength(JSON.stringify(outcome));
      if (size <= bytes) return outcome;
      throw new ToolError(`The answer has ${size} bytes, more than the ${bytes} that are sent. Ask for less.`);
    },
  };
}
