import { readPlainUrl } from './plain-url.ts';
import { isLoopbackHost } from './public-url.ts';

/**
 * Reads the URL of a server that the operator named: https, or plain http on this machine; no user info, no fragment,
 * written as a URL parser writes it. Throws an Error that ends the sentence "NAME …". Private addresses are fine.
 */
export function readServerUrl(text: string): string {
  const read = readPlainUrl(text);
  if ('fault' in read) throw new Error(`must be a URL, but it ${read.fault}`);
  const { protocol, hostname } = read.url;
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopbackHost(hostname))) {
    throw new Error('must be an https URL (plain http is allowed for localhost only)');
  }
  return text;
}

/** Reads a domain, or its URL without a path: answers the URL, without a slash at its end. Throws as `readServerUrl` does. */
export function readServerDomain(text: string): string {
  const url = new URL(readServerUrl(/^https?:/i.test(text) ? text : `https://${text}`));
  if (url.pathname !== '/' || url.search !== '') throw new Error('must be a domain, or its URL without a path');
  return url.origin;
}

/** Whether a URL may be asked: in production nothing without TLS, this machine included. */
export function mayAsk(text: unknown, { production }: { readonly production: boolean }): text is string {
  if (typeof text !== 'string') return false;
  try {
    return readServerUrl(text).startsWith('https:') || !production;
  } catch {
    return false;
  }
}
