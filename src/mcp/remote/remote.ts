import type { RequestId, Transport, VersionNegotiationMode } from '@modelcontextprotocol/client';
import { Unavailable } from '../../core/errors.ts';
import { readPlainUrl } from '../../core/plain-url.ts';
import { providerFetch } from '../../core/provider-fetch.ts';
import { readServerUrl } from '../../core/server-url.ts';
import type { CallContext } from '../context.ts';
import { type Connection, connect } from '../foreign/connection.ts';
import type { PerPrincipalOptions } from '../foreign/connections.ts';
import { type ForeignOptions, foreignServer } from '../foreign/foreign-server.ts';
import { perPrincipalRules } from '../foreign/per-principal-rules.ts';
import type { ConnectParts } from '../foreign/run-server.ts';
import type { Mountable } from '../mountable.ts';
import type { ApiCredentials, CredentialsFor } from '../openapi/credentials.ts';
import { guardedFetch } from './guarded-fetch.ts';
import { httpTransport } from './http-transport.ts';
import { type Command, stdioTransport } from './stdio-transport.ts';

/** What a remote server is mounted with. */
export interface RemoteOptions extends ForeignOptions {
  /** What requests to a URL are authenticated with. Never anything that the caller sent. Default none. */
  readonly credentials?: CredentialsFor;
  /** Where `credentials` are the caller's: what the lists are read with, or that the server shows them to everybody. */
  readonly lists?: CredentialsFor | 'without credentials';
  /**
   * A connection for each principal, so that the server can tell callers apart and ask them back (elicitation, sampling).
   * Default: only where `credentials` are the caller's; otherwise one connection for all, on which nobody is asked.
   */
  readonly perPrincipal?: boolean | PerPrincipalOptions;
  /** Whether a host refuses to start while the server cannot be reached. Default false: calls are answered 503 meanwhile. */
  readonly required?: boolean;
  /** Bytes of one message of the server. Default 4 MiB. */
  readonly maxBytes?: number;
  /** The revision to speak. Default `auto`: the newest that the server knows. */
  readonly protocol?: 'auto' | '2025-11-25' | '2026-07-28';
  /** Lets a URL on another machine be plain http: whoever is on the way reads and changes everything. */
  readonly allowUnencryptedHttp?: boolean;
}

/**
 * Makes any MCP server mountable, behind a URL (Streamable HTTP) or as a program that is run (stdio). It is given our
 * credentials, or the caller's token at its own provider, and never the caller's token for us, a header or a cookie. Throws
 * TypeError for options that cannot work.
 */
export function remote(target: string | URL | Command, options: RemoteOptions): Mountable {
  const { name, credentials, lists, maxBytes = 4_194_304 } = options;
  const ofCaller = credentials?.ofCaller === true;
  const perPrincipal = perPrincipalRules(options.perPrincipal ?? ofCaller, name);
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 1024)
    throw new TypeError(`Server ${name}: maxBytes must be 1024 or more.`);
  if (ofCaller && perPrincipal === undefined) {
    throw new TypeError(`Server ${name}: credentials of the caller need a connection for each principal.`);
  }
  if (ofCaller !== (lists !== undefined) || (typeof lists === 'function' && lists.ofCaller)) {
    throw new TypeError(
      `Server ${name}: lists says what lists are read with where credentials are the caller's, and only there: ` +
        'credentials of ours, or "without credentials".',
    );
  }
  const open = isUrl(target)
    ? overHttp(readUrl(target, options), options, maxBytes)
    : overStdio(target, options, maxBytes);
  return foreignServer(options, {
    perPrincipal,
    optional: options.required !== true,
    tellsOfResources: !ofCaller,
    connect: (context, parts) => open(context, parts, perPrincipal !== undefined && context !== undefined),
  });
}

type Open = (context: CallContext | undefined, parts: ConnectParts, ofOne: boolean) => Promise<Connection>;

const MODES = { auto: 'auto', '2025-11-25': 'legacy', '2026-07-28': { pin: '2026-07-28' } } as const;

const isUrl = (target: string | URL | Command): target is string | URL =>
  typeof target === 'string' || target instanceof URL;

function readUrl(target: string | URL, { name, allowUnencryptedHttp = false }: RemoteOptions): URL {
  const text = String(target);
  try {
    if (!allowUnencryptedHttp) return new URL(readServerUrl(text));
    const read = readPlainUrl(text);
    if ('fault' in read) throw new Error(`must be a URL, but it ${read.fault}`);
    if (!/^https?:$/.test(read.url.protocol)) throw new Error('must be an http or https URL');
    return read.url;
  } catch (error) {
    throw new TypeError(`Server ${name}: its URL ${(error as Error).message}.`);
  }
}

function overHttp(url: URL, options: RemoteOptions, maxBytes: number): Open {
  const made = new Map<CredentialsFor, ApiCredentials>();
  const instance = (given: CredentialsFor | undefined, { fetch, clock }: ConnectParts): ApiCredentials | undefined => {
    if (given === undefined) return undefined;
    const credentials = made.get(given) ?? given({ fetch: providerFetch(fetch), clock });
    made.set(given, credentials);
    return credentials;
  };
  return async (context, parts, ofOne) => {
    const ours = options.lists === 'without credentials' ? undefined : (options.lists ?? options.credentials);
    const credentials = instance(context === undefined ? ours : options.credentials, parts);
    let latest = context;
    let connection: Connection | undefined;
    // The caller's go with the very call that they are for.
    const headers = async (key?: string) => {
      const call = key === undefined ? undefined : connection?.underWay(key)?.call;
      return (await credentials?.headers(call?.current() ?? latest)) ?? {};
    };
    // What is wrong with the caller's own sign-in is said as it is.
    await headers();
    const refused = () => {
      credentials?.refused?.();
      return credentials?.refused !== undefined;
    };
    const { transport, endSession } = httpTransport({
      url,
      log: parts.log,
      fetch: guardedFetch({ fetch: parts.fetch, url, maxBytes, headers, refused }),
      limitOf: (key: RequestId) => connection?.underWay(key)?.limit,
    });
    connection = await open(transport as Transport, parts, ofOne, MODES[options.protocol ?? 'auto']);
    const { call, close } = connection;
    return {
      ...connection,
      async call(request, running) {
        latest = running.current() ?? latest;
        await credentials?.headers(latest);
        return call(request, running);
      },
      close: () => endSession().finally(close),
    };
  };
}

/** How long a program may take to say that it speaks 2026-07-28, in milliseconds: older ones may say nothing at all. */
const PROBE = 3000;

function overStdio(command: Command, options: RemoteOptions, maxBytes: number): Open {
  if (typeof command?.command !== 'string' || command.command === '') {
    throw new TypeError(`Server ${options.name} needs a URL, or { command, args, env }.`);
  }
  if (options.credentials !== undefined) {
    throw new TypeError(`Server ${options.name}: a program is given what it needs in env; credentials are for URLs.`);
  }
  let mode: VersionNegotiationMode = MODES[options.protocol ?? 'auto'];
  return async (_, parts, ofOne) => {
    const run = async () => {
      let connection: Connection | undefined;
      const transport = stdioTransport(command, maxBytes, (key) => connection?.underWay(key)?.limit);
      connection = await open(transport, { ...parts, probe: PROBE }, ofOne, mode);
      return connection;
    };
    try {
      return await run();
    } catch (error) {
      // Some older programs end where they are asked anything before `initialize`.
      if (mode !== 'auto' || !(error instanceof Unavailable)) throw error;
      mode = 'legacy';
      return await run().catch((again: unknown) => {
        mode = 'auto';
        throw again;
      });
    }
  };
}

const open = (
  transport: Transport,
  parts: ConnectParts & { readonly probe?: number },
  ofOne: boolean,
  protocol: VersionNegotiationMode,
): Promise<Connection> =>
  connect({ ...parts, transport, protocol, serves: { callers: ofOne ? 'one' : 'many', related: false } });
