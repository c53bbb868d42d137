import { isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';

/**
 * Fixes `request.ip` to the address that TRUST_PROXY_HOPS means, in any app: the peer's own, or what the outermost proxy
 * that we trust has told of its peer.
 */
export function pinClientAddress(hops: number): RequestHandler {
  return (request, _response, next) => {
    Object.defineProperty(request, 'ip', { value: clientAddress(request, hops), configurable: true });
    next();
  };
}

/**
 * The address behind `hops` proxies. Each trusted proxy has appended one entry to X-Forwarded-For; nothing further to the
 * left is looked at. Where an entry is no address or there are too few, the nearest one that is known counts.
 */
export function clientAddress({ socket, headers }: Pick<Request, 'socket' | 'headers'>, hops: number): string {
  let address = socket.remoteAddress ?? '';
  if (hops === 0) return address;
  const told = String(headers['x-forwarded-for'] ?? '').split(',');
  for (let hop = 1; hop <= hops; hop += 1) {
    const entry = plainAddress(told.at(-hop)?.trim() ?? '');
    if (entry === undefined) return address;
    address = entry;
  }
  return address;
}

/** Without the port that some proxies add, and the brackets that it takes there; undefined for anything else. */
function plainAddress(entry: string): string | undefined {
  if (entry.length > 64 || entry.includes('%')) return undefined;
  const bare = /^\[(.*)\](?::\d{1,5})?$/.exec(entry)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(entry)?.[1] ?? entry;
  return isIP(bare) === 0 ? undefined : bare;
}
