import { Cluster, Redis } from 'ioredis';
import { hearConnectionsToTheEnd } from './heard-to-the-end.ts';
import type { RedisAddress, RedisTarget } from './url.ts';

hearConnectionsToTheEnd();

/** The client library, either kind of it. */
export type RedisClient = Redis | Cluster;

const RECONNECT_MS = { first: 20, most: 1000 };
/** How often a cluster's map is read anew where no reply has told that it changed. */
const MAP_REFRESH_MS = 2000;

const reconnectDelay = (attempt: number): number =>
  Math.min(RECONNECT_MS.first * 2 ** Math.min(attempt - 1, 10), RECONNECT_MS.most);

/**
 * A client that sends each command once and settles it: no queue while there is no connection, nothing sent anew after
 * one was lost, and a connection that does not answer within `timeout` milliseconds is given up with all it owes.
 */
export function redisClient(target: RedisTarget, timeout: number): RedisClient {
  const common = commonOptions(target, timeout);
  const [first] = target.addresses;
  if (target.kind === 'cluster') return clusterClient(target, common);
  const options = { ...common, enableOfflineQueue: false, retryStrategy: reconnectDelay, reconnectOnError: isReadOnly };
  if (target.kind === 'single') {
    // The store looks at the server itself.
    return new Redis({ ...options, ...first, db: target.database, enableReadyCheck: false });
  }
  return new Redis({
    ...options,
    ...sentinelOptions(target, timeout),
    db: target.database,
    sentinelRetryStrategy: reconnectDelay,
  });
}

/** A client that makes one attempt to connect, for listening: to `address`, or to the primary that Sentinel tells of. */
export function redisSubscriber(target: RedisTarget, address: RedisAddress, timeout: number): Redis {
  const once = () => null;
  return new Redis({
    ...commonOptions(target, timeout),
    connectionName: 'gatehouse-announcements',
    enableOfflineQueue: false,
    enableReadyCheck: false,
    autoResubscribe: false,
    retryStrategy: once,
    ...(target.kind === 'sentinel' ? { ...sentinelOptions(target, timeout), sentinelRetryStrategy: once } : address),
  });
}

function sentinelOptions(target: RedisTarget, timeout: number) {
  return {
    sentinels: target.addresses.map((address) => ({ ...address })),
    name: target.name ?? '',
    role: 'master' as const,
    sentinelCommandTimeout: timeout,
    ...(target.sentinelUsername !== undefined && { sentinelUsername: target.sentinelUsername }),
    ...(target.sentinelPassword !== undefined && { sentinelPassword: target.sentinelPassword }),
    ...(target.tls !== undefined && { enableTLSForSentinelMode: true, sentinelTLS: target.tls }),
  };
}

/** Where the servers are at this moment that anything published in reaches all: the nodes of a cluster, or what the URL says. */
export function addressesOf(client: RedisClient, { addresses }: RedisTarget): readonly RedisAddress[] {
  const nodes = client instanceof Cluster ? client.nodes('master') : [];
  const known = nodes.flatMap(({ options: { host, port } }) =>
    host === undefined || port === undefined ? [] : [{ host, port }],
  );
  return known.length > 0 ? known : addresses;
}

function commonOptions({ username, password, tls }: RedisTarget, timeout: number) {
  return {
    connectionName: 'gatehouse',
    disableClientInfo: true,
    // RESP 2: a restricted user needs no right to HELLO.
    protocol: 2 as const,
    commandTimeout: timeout,
    socketTimeout: timeout,
    connectTimeout: timeout,
    disconnectTimeout: 200,
    maxLoadingRetryTime: 1000,
    autoResendUnfulfilledCommands: false,
    // 0: what was under way when a connection closes is rejected there and then.
    maxRetriesPerRequest: 0,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
  };
}

/** After a failover the address leads to the new primary: reconnect, but never send again what was refused. */
const isReadOnly = (error: Error): boolean => error.message.startsWith('READONLY');

function clusterClient(target: RedisTarget, redisOptions: ReturnType<typeof commonOptions>): Cluster {
  const cluster = new Cluster(
    target.addresses.map((address) => ({ ...address })),
    {
      // The store looks at the servers itself.
      redisOptions: { ...redisOptions, enableReadyCheck: false },
      scaleReads: 'master',
      enableOfflineQueue: false,
      enableReadyCheck: false,
      clusterRetryStrategy: reconnectDelay,
      // 0: a command whose connection closed may have been done, so it is not sent to another node.
      retryDelayOnFailover: 0,
      retryDelayOnClusterDown: 0,
      slotsRefreshTimeout: redisOptions.commandTimeout,
      slotsRefreshInterval: MAP_REFRESH_MS,
      // Names as they are announced, so that certificates fit.
      dnsLookup: (host, callback) => callback(null, host),
    },
  );
  // A node that is not connected yet queues what it is sent, and would send it after its time: connect before that.
  cluster.on('+node', (node: Redis) => void node.connect().catch(() => undefined));
  return cluster;
}
