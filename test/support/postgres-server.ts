import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Certified } from '../core/safe-fetch-certificate.ts';
import { dockerAnswers } from './docker-engine.ts';
import { freePort } from './free-port.ts';
import { requireOrSkip } from './required.ts';
import { type Owner, startServer } from './server-process.ts';
import { until } from './until.ts';

const IMAGE = 'postgres:17-alpine';
const DEBIAN = '/usr/lib/postgresql';
const binaries = debianBinaries();
const docker = await dockerAnswers();

/** Whether there is any PostgreSQL to be had. */
export const postgresPresent = process.env.DATABASE_URL !== undefined || docker || binaries !== undefined;

/** A `describe` for tests that need PostgreSQL. */
export const describePostgres = requireOrSkip(
  'PostgreSQL',
  postgresPresent,
  'set DATABASE_URL, start Docker, or `apt-get install postgresql`',
);

/** A `describe` for tests that start a PostgreSQL of their own, on this machine. */
export const describePostgresServer = requireOrSkip(
  'PostgreSQL programs',
  binaries !== undefined,
  '`apt-get install postgresql`',
);

/** A PostgreSQL that tests may use with tables of their own. */
export interface SharedPostgres {
  /** A URL without parameters. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** A name that no table has. */
  table(): string;
  close(): Promise<void>;
}

/** The PostgreSQL of DATABASE_URL, in which nothing stays behind, or one in a container, or one of our own from Debian's programs. */
export async function sharedPostgres(): Promise<SharedPostgres> {
  const { DATABASE_URL } = process.env;
  if (DATABASE_URL !== undefined) return shared(DATABASE_URL, (tables) => dropTables(DATABASE_URL, tables));
  if (docker) {
    const { GenericContainer, Wait } = await import('testcontainers');
    const container = await new GenericContainer(IMAGE)
      .withEnvironment({ POSTGRES_HOST_AUTH_METHOD: 'trust' })
      .withExposedPorts(5432)
      .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
      .start();
    const url = `postgres://postgres@${container.getHost()}:${container.getMappedPort(5432)}/postgres`;
    return shared(url, async () => void (await container.stop()));
  }
  return postgresServer();
}

function shared(url: string, close: (tables: readonly string[]) => Promise<void>): SharedPostgres {
  const { hostname, port } = new URL(url);
  const tables: string[] = [];
  const table = () => {
    tables.push(`gatehouse_test_${randomBytes(8).toString('hex')}`);
    return tables.at(-1) ?? '';
  };
  return { url, host: hostname, port: Number(port || 5432), table, close: () => close(tables) };
}

const dropTables = async (url: string, tables: readonly string[]): Promise<void> => {
  if (tables.length > 0) await runSql(url, `DROP TABLE IF EXISTS ${tables.join(', ')}`);
};

/** A PostgreSQL of our own. */
export interface PostgresServer extends SharedPostgres {
  /** Ends it with every connection, until it is started again. */
  stop(): Promise<void>;
  /** Ends it at once, as a power cut would, and starts it again: as it was, or as a standby that waits to be promoted. */
  restart(as?: 'standby'): Promise<void>;
}

/** Starts one from Debian's programs; with a certificate it takes TLS beside plain connections. */
export async function postgresServer(certificate?: Certified): Promise<PostgresServer> {
  const programs = binaries ?? DEBIAN;
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-postgres-'));
  const owner = unprivileged();
  if (owner !== undefined) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const initialise = ['--pgdata', data, '--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8', '--no-sync'];
  execFileSync(join(programs, 'initdb'), [...initialise, '--locale', 'C'], { stdio: 'ignore', cwd: folder, ...owner });
  const port = await freePort();
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, 'fsync=off'];
  if (certificate !== undefined) settings.push(...(await tlsSettings(folder, certificate, owner)));
  const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const start = async () => {
    const server = await startServer(join(programs, 'postgres'), args, port, owner);
    // It listens before it is ready to answer.
    await until(
      () => runSql(url, 'SELECT 1'),
      (outcome) => !('error' in outcome),
    );
    return server;
  };
  let server = await start();
  // Its answer to SIGQUIT is to leave all as it is. After SIGKILL those that serve connections may wait for each other for good.
  const end = () => server.kill('SIGQUIT');
  return {
    ...shared(url, async () => {
      await end();
      await rm(folder, { recursive: true, force: true });
    }),
    stop: end,
    async restart(as) {
      await end();
      await rm(join(data, 'postmaster.pid'), { force: true });
      if (as === 'standby') await writeFile(join(data, 'standby.signal'), '');
      server = await start();
    },
  };
}

async function tlsSettings(folder: string, { cert, key }: Certified, owner: Owner | undefined): Promise<string[]> {
  const settings = Object.entries({ ssl_cert_file: cert, ssl_key_file: key }).map(async ([setting, text]) => {
    const file = join(folder, `${setting}.pem`);
    await writeFile(file, text, { mode: 0o600 });
    if (owner !== undefined) chownSync(file, owner.uid, owner.gid);
    return `${setting}=${file}`;
  });
  return ['ssl=on', ...(await Promise.all(settings))];
}

/** Runs a statement on a connection of its own. */
export async function runSql(url: string, text: string): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  // A connection that is lost rejects the statement as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** The newest version's programs, where Debian puts them. */
function debianBinaries(): string | undefined {
  if (!existsSync(DEBIAN)) return undefined;
  const versions = readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one));
  return versions.map((version) => join(DEBIAN, version, 'bin')).find((folder) => existsSync(join(folder, 'postgres')));
}

/** PostgreSQL refuses to run as root: then the user that its package made, or the one for nobody in particular. */
function unprivileged(): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody');
}
