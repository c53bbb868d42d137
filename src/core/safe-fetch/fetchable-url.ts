import { readPlainUrl } from '../plain-url.ts';
import { isLoopbackHost } from '../public-url.ts';

/** Which hosts a URL that a stranger names may lead us to. */
export interface FetchRules {
  /** Our own hosts, `mcp.example.com` or `localhost:3000`: refused on every port, a loopback host on its own port only. */
  readonly denyHosts?: readonly string[];
  /** For development: also https on localhost, 127.0.0.0/8 and [::1], on any port. */
  readonly allowLoopback?: boolean;
}

/** Names that never belong to a public host (RFC 6762, 8375, and what local networks use). */
const LOCAL_NAME = /(?:^|\.)(?:localhost|localdomain|local|internal|intranet|lan|home|corp|home\.arpa|onion)$/;

/** Undefined when the URL may be fetched as far as its text tells, else why not, in words. Asks no name server. */
export function checkFetchableUrl(text: string, rules: FetchRules): string | undefined {
  const plain = readPlainUrl(text);
  if ('fault' in plain) return `The URL ${plain.fault}.`;
  const { url } = plain;
  if (url.protocol !== 'https:') return 'The URL is not https.';
  if (isDenied(url, rules.denyHosts ?? [])) return 'The URL leads back to this server.';
  if (rules.allowLoopback && isLoopbackHost(url.hostname)) return undefined;
  if (url.port !== '') return 'The URL names a port other than 443.';
  return checkPublicName(url.hostname);
}

/** Undefined when a host name can be that of a public host, else why not, in words. */
export function checkPublicName(hostname: string): string | undefined {
  if (/^\[|^[\d.]+$/.test(hostname)) return 'The URL names an IP address where a host name is needed.';
  if (hostname.endsWith('.')) return 'The URL names a host with a dot at its end.';
  if (LOCAL_NAME.test(hostname) || !hostname.includes('.')) return 'The URL names a host of a local network.';
  return undefined;
}

const isDenied = (url: URL, denied: readonly string[]): boolean =>
  denied.some((entry) =>
    isLoopbackHost(url.hostname) ? entry === url.host : entry.replace(/:\d+$/, '') === url.hostname,
  );
