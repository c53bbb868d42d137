import { ConfigError } from '../../core/errors.ts';
import type { Log } from '../../core/log.ts';

/** One server, which answers commands. */
export interface RedisNode {
  call(command: string, ...args: readonly (string | number)[]): Promise<unknown>;
}

/** What a new connection was found to lead to: a primary, or a replica that must not be asked. */
export type ServerRole = 'primary' | 'replica';

/** GETDEL came with it. */
const OLDEST = [6, 2] as const;

/**
 * Looks at the server behind a new connection before anything is asked of it. Throws ConfigError where it is too old or
 * would evict records to make room: a used-marker or a revocation that is gone would let a replay through. INFO tells it,
 * which hosted services allow where they forbid CONFIG; where INFO is forbidden too, a warning is all there is.
 */
export async function checkServer(node: RedisNode, log: Log): Promise<ServerRole> {
  const text = await node.call('info').catch((error: unknown) => {
    if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) throw error;
    log.warn('redis_unchecked', { reason: 'the user may not run INFO: see to maxmemory-policy noeviction yourself' });
    return '';
  });
  const info = new Map(String(text).split('\r\n').map(entryOf));
  const faults = [...oldness(info.get('redis_version')), ...eviction(info.get('maxmemory_policy'))];
  if (faults.length > 0) throw new ConfigError(faults);
  if (info.get('loading') === '1') throw new Error('LOADING');
  return info.get('role') === 'slave' ? 'replica' : 'primary';
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
