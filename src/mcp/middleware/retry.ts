import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Unavailable } from '../../core/errors.ts';
import type { Middleware, Operation } from './middleware.ts';

/** When and how often something is tried again. */
export interface RetryOptions {
  /** Altogether, the first one included. Default 3. */
  readonly attempts?: number;
  /** Milliseconds before the second one; twice as many before each further one. Default 200. */
  readonly wait?: number;
  /** Milliseconds at most. Default 5,000. */
  readonly longest?: number;
  /** Whether another attempt could go better. Default: Unavailable, and what a network does to a request. */
  readonly when?: (error: unknown) => boolean;
  /** Waits, or rejects when the call has ended. */
  readonly pause?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
  /** From 0 up to 1. */
  readonly random?: () => number;
}

/**
 * Tries again what failed for the moment: lists, reads, prompts and suggestions, and tools that say of themselves that they only read
 * or that a second call changes nothing (`readOnlyHint`, `idempotentHint`). No other tool ever runs twice.
 */
export function retry({
  attempts = 3,
  wait = 200,
  longest = 5000,
  when = isPassing,
  pause = (milliseconds, signal) => sleep(milliseconds, undefined, { signal }),
  random = () => randomInt(2 ** 32) / 2 ** 32,
}: RetryOptions = {}): Middleware {
  if (!Number.isSafeInteger(attempts) || attempts < 1)
    throw new TypeError('retry: attempts must be a whole number from 1.');
  return {
    async request(operation, next) {
      if (!mayRunTwice(operation)) return next();
      const { signal, log } = operation.context;
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await next();
        } catch (error) {
          if (attempt >= attempts || signal.aborted || !when(error)) throw error;
          log.info('operation_tried_again', { operation: operation.kind, attempt, error });
        }
        // Half of it is by chance: many that failed at once do not come back at once.
        const longestNow = Math.min(longest, wait * 2 ** (attempt - 1));
        await pause(longestNow * (0.5 + random() / 2), signal);
      }
    },
  };
}

function mayRunTwice({ kind, item }: Operation): boolean {
  if (kind === 'subscribe' || kind === 'protocol') return false;
  return kind !== 'callTool' || item?.annotations.readOnlyHint === true || item?.annotations.idempotentHint === true;
}

const NETWORK =
  /^(ECONNRESET|ECONNREFUSED|ECONNABORTED|ETIMEDOUT|EPIPE|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|UND_ERR_(SOCKET|(CONNECT|HEADERS|BODY)_TIMEOUT))$/;

function isPassing(error: unknown): boolean {
  if (error instanceof Unavailable) return true;
  if (!(error instanceof Error)) return false;
  if (error.name === 'TimeoutError') return true;
  return ('code' in error && NETWORK.test(String(error.code))) || (error.cause !== undefined && isPassing(error.cause));
}
