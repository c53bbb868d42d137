import { readPlainUrl } from '../../core/plain-url.ts';
import { hostMatches } from './host-list.ts';
import { forbiddenSchemes, knownPrivateSchemes } from './private-schemes.ts';

/** Which redirect URIs clients may have, beyond the rules that always hold. */
export interface RedirectUriPolicy {
  /** Private-use schemes without a dot that are let in; schemes in reverse-domain form need no entry. */
  readonly privateSchemes: readonly string[];
  /** Where given, the only hosts that https redirects may name: `app.example.com`, or `.example.com` for all below it. */
  readonly allowedHosts?: readonly string[];
}

/** Any https host, loopback http, and the schemes of well-known desktop clients. */
export const defaultRedirectUriPolicy: RedirectUriPolicy = { privateSchemes: knownPrivateSchemes };

/** `http://` with a literal loopback host (RFC 8252 §7.3): the host, the port in digits, and all that follows. */
const LOOPBACK = /^http:\/\/(127(?:\.\d{1,3}){3}|\[::1\]|localhost)(?::(\d{1,5}))?((?:[/?].*)?)$/s;
/** A reverse domain name of at least two labels (RFC 8252 §7.1). */
const REVERSE_DOMAIN = /^[a-z][a-z0-9-]*(?:\.[a-z0-9][a-z0-9-]*)+$/;

/** Undefined when the redirect URI is acceptable, else why not, in words for the developer of the client. */
export function checkRedirectUri(text: string, policy: RedirectUriPolicy): string | undefined {
  const plain = readPlainUrl(text);
  if ('fault' in plain) return `The redirect URI ${plain.fault}.`;
  if (text.includes('*')) return 'The redirect URI holds a wildcard: register each redirect URI in full.';
  const scheme = plain.url.protocol.slice(0, -1);
  if (scheme === 'https') return checkHost(plain.url.hostname, policy.allowedHosts);
  if (scheme === 'http') {
    return isLoopbackRedirect(text)
      ? undefined
      : 'The redirect URI uses plain http, which is for loopback only: 127.0.0.1, [::1] or localhost with a valid port.';
  }
  return checkPrivateScheme(scheme, text.slice(scheme.length + 1), policy.privateSchemes);
}

function checkHost(host: string, allowed: readonly string[] | undefined): string | undefined {
  return allowed === undefined || hostMatches(host, allowed)
    ? undefined
    : `The redirect URI names the host ${host}, which this server does not allow.`;
}

function checkPrivateScheme(scheme: string, rest: string, named: readonly string[]): string | undefined {
  if (forbiddenSchemes.has(scheme)) return `The redirect URI uses the scheme ${scheme}:, which is never allowed.`;
  if (!named.includes(scheme) && !REVERSE_DOMAIN.test(scheme)) {
    return `The redirect URI uses the scheme ${scheme}:, which is neither allowed by name here nor in reverse-domain form such as com.example.app: (RFC 8252, section 7.1).`;
  }
  return /^\/(?:[^/]|\/[^/])/.test(rest) ? undefined : 'The redirect URI names nothing after its scheme.';
}

/** Whether this is http to a literal loopback host, with no port or one from 1 to 65535. */
export const isLoopbackRedirect = (text: string): boolean => readLoopback(text) !== undefined;

/** Host, and path with query, of a loopback redirect. Its port is left out: any port will do (RFC 8252 §7.3). */
function readLoopback(text: string): string | undefined {
  if (text.length > 2048) return undefined;
  const [, host, port = '1', tail = ''] = LOOPBACK.exec(text) ?? [];
  if (host === undefined || port.startsWith('0') || Number(port) > 65_535) return undefined;
  if (host.split('.').some((octet) => Number(octet) > 255)) return undefined;
  return `${host} ${tail.startsWith('/') ? tail : `/${tail}`}`;
}

/**
 * Whether `requested` is one of the registered redirect URIs: the same text (RFC 9700 §2.1), or for loopback the
 * same host, path and query on any port. `localhost` and `127.0.0.1` are two hosts.
 */
export function matchesRedirectUri(registered: readonly string[], requested: string): boolean {
  if (registered.includes(requested)) return true;
  const loopback = readLoopback(requested);
  return loopback !== undefined && registered.some((uri) => readLoopback(uri) === loopback);
}

/** What a consent page says about where the code will be sent. */
export interface RedirectDisplay {
  /** `private-scheme` opens an app on the person's device, `loopback` reaches a program on it, `web` leaves it. */
  readonly kind: 'web' | 'loopback' | 'private-scheme';
  /** Host with its port; for a private scheme the scheme and what it names, such as `cursor://anysphere.cursor-mcp`. */
  readonly host: string;
}

/** Reads the redirect URI of a client for people. Throws a TypeError on a text that `checkRedirectUri` would refuse as no URL. */
export function redirectDisplay(uri: string): RedirectDisplay {
  const url = new URL(uri);
  if (isLoopbackRedirect(uri)) return { kind: 'loopback', host: url.host };
  if (url.protocol === 'https:') return { kind: 'web', host: url.host };
  return { kind: 'private-scheme', host: url.host ? `${url.protocol}//${url.host}` : url.protocol };
}
