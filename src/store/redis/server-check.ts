import { ConfigError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';
import { fsyncFaults } from './fsync-check.ts';
import type { RedisNode } from './redis-node.ts';

/** What a new connection was found to lead to. */
export interface ServerLook {
  /** A replica must not be asked. */
  readonly role: 'primary' | 'replica';
  /** Another one after each start of the server; empty where it may not be asked. */
  readonly runId: string;
}

/** Looks at the server behind a connection. */
export type LookAt = (node: RedisNode) => Promise<ServerLook>;

/** The servers behind a client. */
export interface Servers {
  /**
   * Looks at what a new connection leads to: a primary, in the right database, that forgets nothing. Throws ConfigError
   * where that needs somebody's hand; a replica is left for another connection.
   */
  check(): Promise<void>;
  /** Another text when one of them was started anew or took over from another. Only after a `check` of this connection. */
  epoch(): Promise<string>;
}

/**
 * What a write waits for beyond the primary's word: `fsync`, that the server writes to its disk before it answers; `replica`,
 * that a replica has it, too.
 */
export type Durability = 'fsync' | 'replica';

/** GETDEL came with it. */
const OLDEST = [6, 2] as const;
const WITHOUT_INFO =
  'the user may not run INFO: see to maxmemory-policy noeviction yourself. A restart of the server cannot be told, so a ' +
  'code that was used just before one could be used again';

/**
 * Looks at the server behind a new connection before anything is asked of it. Throws ConfigError where it is too old or
 * would evict records to make room: a used-marker or a revocation that is gone would let a replay through. INFO tells it,
 * which hosted services allow where they forbid CONFIG; where INFO is forbidden too, one warning is all there is.
 */
export function serverCheck(log: Log, durability: readonly Durability[]): LookAt {
  let warned = false;
  const withoutInfo = (error: unknown): string => {
    if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) throw error;
    if (!warned) log.warn('redis_unchecked', { reason: WITHOUT_INFO });
    warned = true;
    return '';
  };
  return async (node) => {
    const text = await node.call('info').catch(withoutInfo);
    const info = new Map(String(text).split('\r\n').map(entryOf));
    const faults = [...oldness(info.get('redis_version')), ...eviction(info.get('maxmemory_policy'))];
    if (durability.includes('fsync')) faults.push(...(await fsyncFaults(node)));
    if (faults.length > 0) throw new ConfigError(faults);
    if (info.get('loading') === '1') throw new Error('LOADING');
    return { role: info.get('role') === 'slave' ? 'replica' : 'primary', runId: info.get('run_id') ?? '' };
  };
}

function entryOf(line: string): readonly [string, string] {
  const [name = '', value = ''] = line.split(/:(.*)/s);
  return [name, value];
}

function oldness(version: string | undefined): readonly string[] {
  if (version === undefined) return [];
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const old = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  return old ? [`STORE_URL: the Redis server is version ${version}; ${OLDEST.join('.')} or newer is needed`] : [];
}

function eviction(policy: string | undefined): readonly string[] {
  if (policy === undefined || policy === 'noeviction') return [];
  return [
    `STORE_URL: the Redis server evicts records when it is full (maxmemory-policy ${policy}), and with them what was ` +
      'used or revoked. Set maxmemory-policy noeviction, or name a server of its own',
  ];
}
