import { type DestinationStream, type Logger, pino } from 'pino';
import type { Log, LogFields } from '../core/log.ts';
import { standardError } from './standard-error.ts';

const LONGEST = 1024;
const SECRET_NAME =
  /^(authorization|cookie|set-cookie|password|secret|client_secret|token|access_token|refresh_token|id_token|code|code_verifier|client_assertion|registration_access_token)$/i;

/** Levels from the most to the least talkative. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/**
 * A log that writes one JSON line per event to `destination` (standard error when left out). Long texts are cut at
 * 1,024 characters, and fields named like a secret are never written.
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  return wrap(pino({ level, base: null, messageKey: 'event' }, destination ?? standardError()));
}

function wrap(logger: Logger): Log {
  return {
    debug: (event, fields) => logger.debug(readable(fields), event),
    info: (event, fields) => logger.info(readable(fields), event),
    warn: (event, fields) => logger.warn(readable(fields), event),
    error: (event, fields) => logger.error(readable(fields), event),
    with: (fields) => wrap(logger.child(readable(fields))),
  };
}

function readable(fields: LogFields = {}): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, clean(name, value)]));
}

function clean(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name)) return '[left out]';
  if (typeof value === 'string') return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value;
  if (value instanceof Error) return describe(value);
  if (value !== null && typeof value === 'object') return clean(name, JSON.stringify(value));
  return value;
}

/** Name, message and stack of an error and of what caused it, without the properties a library hangs on it. */
function describe(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${describe(error.cause)}` : '';
  return `${error.stack ?? `${error.name}: ${error.message}`}${cause}`.slice(0, 4 * LONGEST);
}
