import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { randomToken } from '../../src/core/secrets.ts';
import { dockerAnswers } from './docker-engine.ts';
import { freePort } from './free-port.ts';
import { requireOrSkip } from './required.ts';
import { runs, startServer } from './server-process.ts';

const IMAGE = 'redis:7-alpine';
const onPath = runs('redis-server');
const docker = await dockerAnswers();

/** A `describe` for tests that need any Redis. */
export const describeRedis = requireOrSkip(
  'Redis',
  process.env.REDIS_URL !== undefined || docker || onPath,
  'set REDIS_URL, start Docker, or `apt-get install redis-server`',
);

/** A `describe` for tests that start Redis servers of their own, several or with settings, on this machine. */
export const describeRedisServer = requireOrSkip('redis-server', onPath, '`apt-get install redis-server`');

/** A Redis that tests may use under a prefix of their own. */
export interface SharedRedis {
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** A prefix that nobody else has. */
  prefix(): string;
  close(): Promise<void>;
}

/** The Redis of REDIS_URL, in which nothing stays behind, or one in a container, or one of our own that keeps nothing. */
export async function sharedRedis(): Promise<SharedRedis> {
  const { REDIS_URL } = process.env;
  if (REDIS_URL !== undefined) return shared(REDIS_URL, (prefixes) => removeKeys(REDIS_URL, prefixes));
  if (docker) {
    const { GenericContainer } = await import('testcontainers');
    const container = await new GenericContainer(IMAGE).withExposedPorts(6379).start();
    const url = `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
    return shared(url, async () => void (await container.stop()));
  }
  const server = await redisServer();
  return shared(server.url, server.close);
}

function shared(url: string, close: (prefixes: readonly string[]) => Promise<void>): SharedRedis {
  const { hostname, port } = new URL(url);
  const prefixes: string[] = [];
  const prefix = () => {
    prefixes.push(`gatehouse-test-${randomToken(8)}:`);
    return prefixes.at(-1) ?? '';
  };
  return { url, host: hostname, port: Number(port || 6379), prefix, close: () => close(prefixes) };
}

/** Those of rate limits, which have a prefix of their own made from it, too. */
async function removeKeys(url: string, prefixes: readonly string[]): Promise<void> {
  const redis = new Redis(url);
  const keys = await redis.keys('gatehouse-test-*');
  const ours = keys.filter((key) => prefixes.some((prefix) => key.startsWith(prefix.slice(0, -1))));
  if (ours.length > 0) await redis.unlink(...ours);
  redis.disconnect();
}

/** A redis-server of our own, on a port and in a folder of its own. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly folder: string;
  /** Ends it at once, as a power cut would; what it kept stays in the folder. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder. */
  restart(): Promise<void>;
  /** Lets it keep its connections and answer nothing, until `resume`. */
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** What can differ from a server that keeps nothing on disk. */
export interface RedisServerOptions {
  readonly appendOnly?: boolean;
  /** More settings, as on the command line: `--maxmemory-policy allkeys-lru`. */
  readonly settings?: readonly string[];
}

/** Starts redis-server on a free port. */
export async function redisServer({
  appendOnly = false,
  settings = [],
}: RedisServerOptions = {}): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-redis-'));
  const port = await freePort();
  const keeping = appendOnly ? ['--appendonly', 'yes', '--appendfsync', 'always'] : ['--appendonly', 'no'];
  const place = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder];
  const args = [...place, '--save', '', ...keeping, '--enable-debug-command', 'yes', ...settings];
  let server = await startServer('redis-server', args, port);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    folder,
    kill: () => server.kill(),
    restart: async () => {
      server = await startServer('redis-server', args, port);
    },
    pause: () => void server.child.kill('SIGSTOP'),
    resume: () => void server.child.kill('SIGCONT'),
    close: async () => {
      await server.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
