import { systemClock } from '../core/clock.ts';
import { type ConnectOptions, connectOne } from './connect-one.ts';
import type { Auth } from './credential.ts';
import type { McpClient } from './mcp-client.ts';
import { checkServerNames, type McpClients, severalServers } from './several-servers.ts';
import { readTarget, type ServersConfig, serversOf, type Target } from './targets.ts';

/** How to connect to several servers: `auth` by the name of the server. */
export interface ConnectAllOptions extends Omit<ConnectOptions, 'auth'> {
  readonly auth?: Readonly<Record<string, Auth>>;
}

/**
 * Connects to a server, or to all of a configuration. Where the server wants a sign-in, `auth` makes it, now and whenever a
 * later call needs one. Rejects with SignInNeeded, SignInFailed, InsufficientScopeError, or with the SDK's own errors;
 * of several servers nothing is left open then. Throws TypeError for a target that is none, and for names that are not apart.
 */
export async function connect(target: Target, options?: ConnectOptions): Promise<McpClient>;
export async function connect(config: ServersConfig, options?: ConnectAllOptions): Promise<McpClients>;
export async function connect(
  target: Target | ServersConfig,
  options: ConnectOptions | ConnectAllOptions = {},
): Promise<McpClient | McpClients> {
  const { auth, ...rest } = options;
  const ready = { clock: systemClock, fetch: globalThis.fetch, ...rest };
  const servers = serversOf(target);
  if (servers === undefined) {
    return connectOne(readTarget(target as Target), { ...ready, ...(typeof auth === 'function' && { auth }) });
  }
  const by = typeof auth === 'object' ? auth : {};
  const stray = Object.keys(by).find((name) => !Object.hasOwn(servers, name));
  if (stray !== undefined) throw new TypeError(`auth names ${stray}, which is none of the servers.`);
  checkServerNames(Object.keys(servers));
  const read = Object.entries(servers).map(([name, server]) => [name, readTarget(server)] as const);
  const outcomes = await Promise.allSettled(
    read.map(async ([name, server]): Promise<[string, McpClient]> => {
      const own = Object.hasOwn(by, name) ? by[name] : undefined;
      return [name, await connectOne(server, { ...ready, ...(own && { auth: own }) })];
    }),
  );
  const connected = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed === undefined) return severalServers(new Map(connected));
  await Promise.all(connected.map(([, client]) => client.close()));
  throw failed.reason;
}
