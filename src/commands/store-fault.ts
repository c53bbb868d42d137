import type { Config } from '../config.ts';
import { Unavailable } from '../core/errors.ts';
import { Failure } from './usage.ts';

const SERVERS = { redis: 'Redis', postgres: 'PostgreSQL' } as const;

/**
 * Passes on an error; a store that does not answer as a Failure that names its setting and, without user or password, the
 * server in it.
 */
export function nameStore(error: unknown, { storeUrl }: Pick<Config, 'storeUrl'>): never {
  if (!(error instanceof Unavailable)) throw error;
  const [, kind, fault = ''] = /^(redis|postgres): (.+)$/.exec(error.reason) ?? [];
  // A store that was handed to the host is not the one of the setting.
  if ((kind !== 'redis' && kind !== 'postgres') || !storeUrl.startsWith(kind)) throw error;
  const told = error.cause instanceof Error ? error.cause.message : '';
  const where = /^[^:]+:\/\/(?:[^/?#]*@)?([^/?#]+)/.exec(storeUrl)?.[1];
  const server = where === undefined ? SERVERS[kind] : `${SERVERS[kind]} at ${where}`;
  throw new Failure(`STORE_URL: ${server} cannot be used: ${told.includes(fault) ? told : `${fault} ${told}`.trim()}`);
}
