import { SSEClientTransport, StreamableHTTPClientTransport, type Transport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { authorizedFetch } from './authorized-fetch.ts';
import type { Credential, Refusal } from './credential.ts';
import type { CommandTarget, ReadTarget } from './targets.ts';

/** How a client speaks to its server. `older` is the HTTP+SSE transport of 2024-11-05. */
export type Style = 'current' | 'older';

/** What requests over HTTP are made with. */
export interface HttpParts {
  readonly fetch: typeof globalThis.fetch;
  readonly credential: Credential;
  readonly stepUp: boolean;
  refused(refusal: Refusal): void;
}

/** The styles that a target may be spoken to in, the likeliest first. */
export function stylesOf(target: ReadTarget): readonly Style[] {
  if (target.kind !== 'url' || target.type === 'http' || target.type === 'streamable-http') return ['current'];
  return target.type === 'sse' ? ['older'] : ['current', 'older'];
}

/** A transport to the target, not started. */
export function openTransport(target: ReadTarget, style: Style, http: HttpParts): Transport {
  if (target.kind === 'transport') return target.transport;
  if (target.kind === 'command') return new StdioClientTransport(withoutUndefined(target.command));
  const { url, headers } = target;
  // The messages of the older transport go to a URL that the server names, at its own origin.
  const isFor = (other: URL, method: string): boolean =>
    other.origin === url.origin && (other.pathname === url.pathname || (style === 'older' && method === 'POST'));
  const options = { fetch: authorizedFetch({ ...http, headers, isFor }) };
  if (style === 'current') return new StreamableHTTPClientTransport(url, options) as Transport;
  return new SSEClientTransport(url, options);
}

const withoutUndefined = ({ command, args = [], env, cwd, stderr }: CommandTarget) => ({
  command,
  args: [...args],
  ...(env && { env: { ...env } }),
  ...(cwd !== undefined && { cwd }),
  ...(stderr !== undefined && { stderr }),
});
