import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { ConfigError } from '../../core/errors.ts';

/** One server. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

/** What a URL says about where Redis is and how it is reached. */
export interface RedisTarget {
  readonly kind: 'single' | 'sentinel' | 'cluster';
  readonly addresses: readonly [RedisAddress, ...RedisAddress[]];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** Sentinel: the name of the primary. */
  readonly name: string | undefined;
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
  readonly tls: ConnectionOptions | undefined;
  readonly prefix: string | undefined;
}

const SHAPE = /^redis(s?)(\+sentinel|-cluster)?:\/\/(?:([^@/?#]*)@)?([^@/?#]+)(?:\/([^?#]*))?(?:\?([^#]*))?$/;
const PARAMETERS = ['prefix', 'ca', 'cert', 'key', 'servername', 'sentinel_username', 'sentinel_password'];
const EXAMPLES =
  'redis://user:password@host:6379/0, rediss:// for TLS, redis+sentinel://host:26379,host:26379/<name of the primary>/0 or ' +
  'redis-cluster://host:6379,host:6379';

/** Reads a Redis URL. Throws ConfigError naming STORE_URL, and nothing that stands in the URL. */
export function redisTarget(url: string): RedisTarget {
  const match = SHAPE.exec(url);
  if (match === null) throw fault(`is no Redis URL: write ${EXAMPLES}`);
  const [, secure, suffix, userinfo = '', hosts = '', path = '', query = ''] = match;
  const kind = suffix === '+sentinel' ? 'sentinel' : suffix === '-cluster' ? 'cluster' : 'single';
  const parameters = new URLSearchParams(query);
  const unknown = [...parameters.keys()].some((name) => !PARAMETERS.includes(name));
  if (unknown) throw fault(`has a parameter that is not one of ${PARAMETERS.join(', ')}`);
  const given = (name: string) => parameters.get(name) || undefined;
  const [username, password] = userinfo.split(/:(.*)/s).map(decode);
  return {
    kind,
    addresses: readAddresses(hosts, kind),
    username: username || undefined,
    password: password || undefined,
    ...readPath(path, kind),
    sentinelUsername: given('sentinel_username'),
    sentinelPassword: given('sentinel_password'),
    tls: secure === 's' ? readTls(given) : undefined,
    prefix: given('prefix'),
  };
}

function readAddresses(hosts: string, kind: RedisTarget['kind']): RedisTarget['addresses'] {
  const [first, ...rest] = hosts.split(',').map((host) => readAddress(host, kind));
  if (first === undefined || (kind === 'single' && rest.length > 0)) {
    throw fault('names several servers: begin it with redis+sentinel:// or redis-cluster://');
  }
  return [first, ...rest];
}

function readAddress(text: string, kind: RedisTarget['kind']): RedisAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s]+))(?::(\d{1,5}))?$/.exec(text);
  const port = Number(match?.[3] ?? (kind === 'sentinel' ? 26_379 : 6379));
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65_535) throw fault('names a server that is not <host>:<port>');
  return { host, port };
}

/** `/0`, or with Sentinel `/<name>` or `/<name>/0`. A cluster has the one database 0. */
function readPath(
  path: string,
  kind: RedisTarget['kind'],
): { readonly name: string | undefined; readonly database: number } {
  const [first = '', second = '', ...more] = path.split('/');
  const name = kind === 'sentinel' ? decode(first) : undefined;
  const database = kind === 'sentinel' ? second : first;
  if (name === '') throw fault('must name the primary that Sentinel watches: redis+sentinel://host:26379/<name>');
  const extra = more.length > 0 || (kind !== 'sentinel' && second !== '');
  if (extra || !/^\d{0,4}$/.test(database) || (kind === 'cluster' && Number(database) !== 0)) {
    throw fault('must end with the number of a database, such as /0 (in a cluster there is no other)');
  }
  return { name, database: Number(database) };
}

function readTls(given: (name: string) => string | undefined): ConnectionOptions {
  const servername = given('servername');
  return {
    ...readFiles(given, ['ca', 'cert', 'key']),
    ...(servername !== undefined && { servername }),
  };
}

function readFiles(given: (name: string) => string | undefined, names: readonly ('ca' | 'cert' | 'key')[]) {
  const files: Partial<Record<'ca' | 'cert' | 'key', Buffer>> = {};
  for (const name of names) {
    const path = given(name);
    if (path === undefined) continue;
    try {
      files[name] = readFileSync(path);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw fault(`names with ${name}= a file that cannot be read (${why})`);
    }
  }
  return files;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw fault('has a % that does not begin an escape: write %25 for it');
  }
}

const fault = (sentence: string): ConfigError => new ConfigError([`STORE_URL ${sentence}`]);
