import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresPresent, sharedPostgres } from '../../../test/support/postgres-server.ts';
import { redisServer } from '../../../test/support/redis-server.ts';
import { runs } from '../../../test/support/server-process.ts';

/** The stores that come along. */
export type StoreKind = (typeof STORE_KINDS)[number];

/** Their names. */
export const STORE_KINDS = ['memory', 'sqlite', 'redis', 'postgres'] as const;

/** Whether there is one of that kind on this machine. */
export const isPresent = (kind: StoreKind): boolean =>
  kind === 'redis' ? runs('redis-server') : kind === 'postgres' ? postgresPresent : true;

/** Empty stores of one kind. */
export interface Stores {
  readonly kind: StoreKind;
  /** The URL of one that nobody else uses: a file, a Redis or a table of its own. */
  fresh(): Promise<string>;
  /** Ends and removes them all. */
  close(): Promise<void>;
}

/** Makes empty stores of a kind, with servers of our own. */
export async function storesOf(kind: StoreKind): Promise<Stores> {
  const made = await makers[kind]();
  return { kind, ...made };
}

const makers: Readonly<Record<StoreKind, () => Promise<Omit<Stores, 'kind'>>>> = {
  memory: async () => ({ fresh: async () => 'memory:', close: async () => undefined }),
  async sqlite() {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
    let files = 0;
    return {
      fresh: async () => `sqlite:${join(folder, `${files++}.db`)}`,
      close: () => rm(folder, { recursive: true, force: true }),
    };
  },
  async redis() {
    const servers: Awaited<ReturnType<typeof redisServer>>[] = [];
    return {
      async fresh() {
        const server = await redisServer();
        servers.push(server);
        return server.url;
      },
      close: async () => void (await Promise.all(servers.map((server) => server.close()))),
    };
  },
  async postgres() {
    const server = await sharedPostgres();
    return { fresh: async () => `${server.url}?table=${server.table()}`, close: server.close };
  },
};
