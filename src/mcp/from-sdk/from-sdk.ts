import type { RequestId } from '@modelcontextprotocol/client';
import type { AuthInfo } from '@modelcontextprotocol/server';
import type { CallContext } from '../context.ts';
import { type Connection, connect } from '../foreign/connection.ts';
import type { PerPrincipalOptions } from '../foreign/connections.ts';
import { type ForeignOptions, foreignServer } from '../foreign/foreign-server.ts';
import { perPrincipalRules } from '../foreign/per-principal-rules.ts';
import type { ConnectParts } from '../foreign/run-server.ts';
import type { Mountable } from '../mountable.ts';
import { authInfoOf } from './auth-info.ts';
import { createLink, type FarEnd } from './link.ts';

/**
 * A server as the MCP SDK makes them: `McpServer` or `Server`, of `@modelcontextprotocol/server` 2 or of
 * `@modelcontextprotocol/sdk` 1.
 */
export interface SdkServer {
  connect(transport: never): Promise<void>;
  close(): Promise<void>;
}

/** What a server of the SDK is mounted with. */
export interface FromSdkOptions extends ForeignOptions {
  /**
   * For a factory: an instance for each principal, so that what a server remembers of its client is one caller's alone
   * (default), or with `false` one instance for all.
   */
  readonly perPrincipal?: boolean | PerPrincipalOptions;
}

/**
 * Makes a server that was written with the MCP SDK mountable, unchanged. A single instance serves all callers: what it
 * sends back while it serves a request goes to the caller of that request, and everything else to nobody. A factory makes an
 * instance for each principal. Throws TypeError for options that cannot work.
 */
export function fromSdk(
  server: SdkServer | (() => SdkServer | Promise<SdkServer>),
  options: FromSdkOptions,
): Mountable {
  const single = typeof server === 'function' ? undefined : server;
  if (single !== undefined && options.perPrincipal) {
    throw new TypeError(`Server ${options.name}: perPrincipal needs a function that makes a server.`);
  }
  const perPrincipal = single === undefined ? perPrincipalRules(options.perPrincipal ?? true, options.name) : undefined;
  const make = typeof server === 'function' ? server : () => server;
  return foreignServer(options, {
    perPrincipal,
    optional: false,
    tellsOfResources: true,
    connect: async (context, parts) =>
      connectTo(await make(), perPrincipal !== undefined && context !== undefined, parts),
  });
}

async function connectTo(server: SdkServer, ofOne: boolean, parts: ConnectParts): Promise<Connection> {
  let connection: Connection | undefined;
  const authInfo = (key: RequestId): AuthInfo | undefined => {
    const context: CallContext | undefined = connection?.underWay(key)?.call.current();
    return context && authInfoOf(context.principal);
  };
  const { near, far } = createLink(authInfo);
  await server.connect(far as FarEnd as never);
  connection = await connect({
    ...parts,
    transport: near,
    serves: { callers: ofOne ? 'one' : 'many', related: true },
    protocol: 'legacy',
  });
  return { ...connection, close: async () => void (await Promise.all([connection.close(), server.close()])) };
}
