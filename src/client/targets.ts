import type { Transport } from '@modelcontextprotocol/client';
import { readServerUrl } from '../core/server-url.ts';

/** A server that is started for this client and spoken to over its stdin and stdout. No shell sees the command. */
export interface CommandTarget {
  readonly command: string;
  readonly args?: readonly string[];
  /** The child sees these, and a few such as PATH and HOME: nothing else of this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Where the child's own words go (default: to ours). */
  readonly stderr?: 'inherit' | 'ignore';
}

/** A server behind a URL, as files of clients write it. */
export interface UrlTarget {
  readonly url: string | URL;
  /** `http` is Streamable HTTP, `sse` what came before it. Left out: the first, and the second where that is not there. */
  readonly type?: 'http' | 'streamable-http' | 'sse';
  /** Sent with the credential: to this URL, and to where a server of the older transport takes its messages. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Servers by name, as Claude (`mcpServers`) and VS Code (`servers`) write them. */
export type ServersConfig =
  | { readonly mcpServers: Readonly<Record<string, CommandTarget | UrlTarget>> }
  | { readonly servers: Readonly<Record<string, CommandTarget | UrlTarget>> };

/** One server: its URL, the command that starts it, or a transport that is there already, such as of `inMemory`. */
export type Target = string | URL | UrlTarget | CommandTarget | Transport;

/** A target, once it is known what it is. */
export type ReadTarget =
  | { readonly kind: 'url'; readonly url: URL; readonly type: UrlTarget['type']; readonly headers: Headers }
  | { readonly kind: 'command'; readonly command: CommandTarget }
  | { readonly kind: 'transport'; readonly transport: Transport };

/** Tells what a target is. Throws TypeError for what is none, and for a URL that is neither https nor on this machine. */
export function readTarget(target: Target): ReadTarget {
  if (typeof target === 'string' || target instanceof URL) return urlTarget({ url: target });
  if ('send' in target) return { kind: 'transport', transport: target };
  if ('url' in target) return urlTarget(target);
  if ('command' in target && typeof target.command === 'string') return { kind: 'command', command: target };
  throw new TypeError('A server is a URL, { url }, { command, args } or a transport.');
}

function urlTarget({ url, type, headers = {} }: UrlTarget): ReadTarget {
  try {
    return { kind: 'url', url: new URL(readServerUrl(String(url))), type, headers: new Headers(headers) };
  } catch (error) {
    throw new TypeError(`The URL of a server ${(error as Error).message}.`);
  }
}

/** The servers of a configuration by name; undefined where the target is a single server. */
export function serversOf(target: Target | ServersConfig): Readonly<Record<string, Target>> | undefined {
  if (typeof target !== 'object') return undefined;
  if ('mcpServers' in target) return target.mcpServers;
  return 'servers' in target ? target.servers : undefined;
}
